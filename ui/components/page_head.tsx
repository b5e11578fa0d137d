import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

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
