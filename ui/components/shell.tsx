/** The bar with the pages' tabs, and the page beneath it. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { ErrorBoundary } from "preact-iso/lazy";
import { useEffect, useRef } from "preact/hooks";
import { connection, status } from "../web/live.ts";
import { pathname } from "../web/location.ts";
import { opened } from "../web/shortcuts.ts";
import { Icon, type IconName, Mark } from "./icon.tsx";
import { later } from "./later.tsx";

const TABS: { href: string; text: string; icon: IconName }[] = [
  { href: "/", text: "Overview", icon: "overview" },
  { href: "/registries", text: "Registries", icon: "registries" },
  { href: "/cache", text: "Cache", icon: "cache" },
  { href: "/activity", text: "Activity", icon: "activity" },
  { href: "/connect", text: "Connect", icon: "connect" },
  { href: "/settings", text: "Settings", icon: "settings" },
];

export function Shell({ children }: { children: ComponentChildren }) {
  return (
    <>
      <a class="button primary skip" href="#main">Skip to content</a>
      <header class="bar">
        <div class="bar-inner">
          <a class="brand" href="/">
            <Mark />
            Berth
          </a>
          <nav class="tabs" aria-label="Pages">
            {TABS.map((tab) => <Tab key={tab.href} {...tab} />)}
          </nav>
          <div class="bar-end">
            <LinkState />
            <button
              type="button"
              class="button quiet icon"
              aria-label="Search"
              aria-keyshortcuts="/"
              title="Search (/)"
              onClick={() => opened.value = "search"}
            >
              <Icon name="search" />
            </button>
            <Menu />
          </div>
        </div>
      </header>
      <main id="main" class="page">{children}</main>
      <ErrorBoundary>{opened.value && <Palette />}</ErrorBoundary>
    </>
  );
}

function Tab({ href, text, icon }: { href: string; text: string; icon: IconName }) {
  const path = pathname.value;
  const here = href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
  const wrong = href === "/" && status.value?.notices.some(({ severity }) => severity === "error");
  return (
    <a href={href} aria-current={here ? "page" : undefined}>
      <Icon name={icon} />
      {text}
      {wrong && <span class="dot" role="img" aria-label="Something is wrong" />}
    </a>
  );
}

function LinkState() {
  if (connection.value === "lost") {
    return (
      <span class="link-state lost" role="status">
        <Icon name="warn" />
        Reconnecting…
      </span>
    );
  }
  return (
    <span class="link-state" role="status" title="Figures on this page are live">
      {connection.value === "open" && <i class="pulse" />}
      <span>{connection.value === "open" ? "Live" : ""}</span>
    </span>
  );
}

const MenuList = later(({ MenuList }) => MenuList);
const Palette = later(({ Palette }) => Palette);

function Menu() {
  const menu = useRef<HTMLDetailsElement>(null);
  const opened = useSignal(false);
  useEffect(() => {
    const close = (event: Event) => {
      const element = menu.current;
      if (!element?.open) return;
      if (event instanceof KeyboardEvent && event.key !== "Escape") return;
      if (!(event instanceof KeyboardEvent) && element.contains(event.target as Node)) return;
      element.open = false;
    };
    document.addEventListener("click", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("click", close);
      document.removeEventListener("keydown", close);
    };
  }, []);
  return (
    <details class="menu" ref={menu} onToggle={() => opened.value = true}>
      <summary class="button quiet icon" role="button" aria-label="Appearance and account">
        <Icon name="user" />
      </summary>
      <ErrorBoundary>{opened.value && <MenuList />}</ErrorBoundary>
    </details>
  );
}
