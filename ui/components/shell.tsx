/** The bar with the pages' tabs, and the page beneath it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { connection, status } from "../web/live.ts";
import { pathname } from "../web/location.ts";
import { session, signOut } from "../web/session.ts";
import { setTheme, type Theme, theme } from "../web/theme.ts";
import { Segments } from "./segments.tsx";
import { Icon, type IconName, Mark } from "./icon.tsx";
import { toast } from "./toast.tsx";
import { messageOf } from "../web/client.ts";

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
            <Menu />
          </div>
        </div>
      </header>
      <main id="main" class="page">{children}</main>
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

const THEMES: { value: Theme; text: string }[] = [
  { value: "system", text: "System" },
  { value: "light", text: "Light" },
  { value: "dark", text: "Dark" },
];

function Menu() {
  const menu = useRef<HTMLDetailsElement>(null);
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
  const signedIn = session.value?.auth === "required" ? session.value.username : "";
  const leave = () => signOut().catch((error) => toast(messageOf(error).title, true));
  return (
    <details class="menu" ref={menu}>
      <summary class="button quiet icon" role="button" aria-label="Appearance and account">
        <Icon name="user" />
      </summary>
      <div class="menu-list">
        {signedIn && (
          <span>
            Signed in as <strong>{signedIn}</strong>
          </span>
        )}
        <Segments label="Appearance" value={theme.value} choices={THEMES} onInput={setTheme} />
        {signedIn && (
          <button type="button" class="button" onClick={leave}>
            <Icon name="signOut" />
            Sign out
          </button>
        )}
        <span class="muted small">Berth {status.value?.version}</span>
      </div>
    </details>
  );
}

interface PageHeadProps {
  title: string;
  /** Where this page belongs: a link above the title. */
  parent?: { href: string; text: string };
  lead?: ComponentChildren;
  children?: ComponentChildren;
}

/** A page's title, what it is about, and what can be done; takes the focus when the page opens. */
export function PageHead({ title, parent, lead, children }: PageHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Berth`;
    heading.current?.focus({ preventScroll: true });
  }, [title]);
  return (
    <header class="page-head">
      <div>
        {parent && (
          <nav class="crumbs" aria-label="Above this page">
            <a href={parent.href}>{parent.text}</a>
            <Icon name="chevron" size={12} />
          </nav>
        )}
        <h1 tabIndex={-1} ref={heading}>{title}</h1>
        {lead && <div class="lead">{lead}</div>}
      </div>
      {children && <div class="actions">{children}</div>}
    </header>
  );
}
