/** Icons of 16 px, drawn in the colour of the text around them. */

const PATHS = {
  ok: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM5.2 8.3l2 2L11 6.2",
  bad: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM6 6l4 4M10 6l-4 4",
  warn: "M8 2 14.8 13.8H1.2ZM8 6.4v3.2M8 11.7v.2",
  info: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 7.4v3.8M8 4.9v.2",
  idle: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM5.5 8h5",
  clock: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 4.6V8l2.4 1.6",
  check: "M3 8.5l3.2 3.2L13 5",
  cross: "M4 4l8 8M12 4l-8 8",
  chevron: "M6 3.5 10.5 8 6 12.5",
  down: "M8 3v10M4 9l4 4 4-4",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.7 10.7 14 14",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  fetch: "M8 2v8M4.5 6.8 8 10.3l3.5-3.5M2.5 13.5h11",
  hit: "M9 1.5 3.2 9H7l-1 5.5L12.5 7h-4Z",
  pass: "M2.5 8h11M9.5 4l4 4-4 4",
  overview: "M3 13.5V8M8 13.5v-11M13 13.5V6",
  registries: "M2.5 2.8h11V7h-11zM2.5 9h11v4.2h-11zM5 4.9h.1M5 11.1h.1",
  cache: "M8 1.8 14.5 5 8 8.2 1.5 5ZM1.8 8 8 11.1 14.2 8M1.8 11 8 14.1l6.2-3.1",
  activity: "M1.5 8H4l2-5 3.6 10 2-5h2.9",
  connect: "M5.5 1.5v4M10.5 1.5v4M3.5 5.5h9V8a4.5 4.5 0 0 1-9 0ZM8 12.5v2",
  settings:
    "M2 4.5h6.5M12.5 4.5H14M2 11.5h1.5M7.5 11.5H14M12.3 4.5a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0ZM7.3 11.5a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0Z",
  pin: "M5 2h6l-.8 5 2.3 2.5h-9L5.8 7ZM8 9.5v5",
  trash: "M2.5 4h11M6 4V2.2h4V4M4 4l.7 9.8h6.6L12 4M6.7 6.8l.2 4.2M9.3 6.8 9.1 11",
  edit: "M10.6 2.4l3 3-8 8-3.6.6.6-3.6Z",
  plus: "M8 3v10M3 8h10",
  reload: "M13.5 8a5.5 5.5 0 1 1-1.6-3.9L13.5 5.6M13.5 2.2v3.4h-3.4",
  user: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14c.5-3 2.7-4.5 5.5-4.5s5 1.5 5.5 4.5",
  pause: "M5.5 3v10M10.5 3v10",
  play: "M4.5 2.5 13 8l-8.5 5.5Z",
  lock: "M3.5 7.2h9v6.3h-9zM5.3 7V5a2.7 2.7 0 0 1 5.4 0v2",
  signOut: "M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside words; it is hidden from screen readers, so the words must say it all. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A hull with containers on deck. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">
      <path d="M1.5 14h21l-3 6.2a1.5 1.5 0 0 1-1.35.8H5.85a1.5 1.5 0 0 1-1.35-.8Z" />
      <path d="M5 8.2h4.2v4.2H5zM10.4 8.2h4.2v4.2h-4.2zM10.4 2.8h4.2V7h-4.2z" />
      <path d="M15.8 8.2H20v4.2h-4.2z" opacity=".55" />
    </svg>
  );
}
