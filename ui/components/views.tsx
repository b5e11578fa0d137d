import { pathname } from "../web/location.ts";

/** Links to the pages of one subject; the one that is shown is marked. */
export function Views(
  { label, views }: { label: string; views: readonly { href: string; text: string }[] },
) {
  return (
    <nav class="segments" aria-label={label}>
      {views.map(({ href, text }) => (
        <a key={href} href={href} aria-current={pathname.value === href ? "page" : undefined}>
          {text}
        </a>
      ))}
    </nav>
  );
}
