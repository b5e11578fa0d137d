/** The pages of the settings. */
import { pathname } from "../../web/location.ts";
import { may } from "../../web/session.ts";

const VIEWS = [
  { href: "/settings", text: "Configuration" },
  { href: "/settings/tokens", text: "API tokens" },
  { href: "/settings/audit", text: "Audit log" },
];

/** Links to them, for who may see more than one. */
export function SettingsViews() {
  if (!may("admin")) return null;
  return (
    <div>
      <nav class="segments" aria-label="Settings">
        {VIEWS.map(({ href, text }) => (
          <a key={href} href={href} aria-current={pathname.value === href ? "page" : undefined}>
            {text}
          </a>
        ))}
      </nav>
    </div>
  );
}
