/** The pages of what happens. */
import { pathname } from "../../web/location.ts";

const VIEWS = [
  { href: "/activity", text: "Requests" },
  { href: "/activity/pulls", text: "Pulls" },
  { href: "/activity/clients", text: "Clients" },
];

/** Links to them. */
export function ActivityViews() {
  return (
    <div>
      <nav class="segments" aria-label="Activity">
        {VIEWS.map(({ href, text }) => (
          <a key={href} href={href} aria-current={pathname.value === href ? "page" : undefined}>
            {text}
          </a>
        ))}
      </nav>
    </div>
  );
}
