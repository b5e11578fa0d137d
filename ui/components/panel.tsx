import type { ComponentChildren } from "preact";

interface PanelProps {
  title: string;
  /** Beside the heading: a figure, or a link to more. */
  beside?: ComponentChildren;
  children: ComponentChildren;
}

/** A part of a page, under a heading. */
export function Panel({ title, beside, children }: PanelProps) {
  return (
    <section class="panel" aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        {beside}
      </div>
      {children}
    </section>
  );
}

/** A panel of terms, `dt`, and what they are here, `dd`. */
export function Facts({ title, children }: Omit<PanelProps, "beside">) {
  return (
    <Panel title={title}>
      <dl class="facts panel-body">{children}</dl>
    </Panel>
  );
}
