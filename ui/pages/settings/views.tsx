/** The pages of the settings. */
import { Views } from "../../components/views.tsx";
import { may } from "../../web/session.ts";
import { WORDS } from "./words.ts";

const VIEWS = [
  { href: "/settings", text: WORDS.configuration },
  { href: "/settings/policy", text: WORDS.policy },
];
const ADMIN_VIEWS = [
  { href: "/settings/tokens", text: WORDS.apiTokens },
  { href: "/settings/audit", text: WORDS.auditLog },
];

/** Links to those that one may see. */
export function SettingsViews() {
  return (
    <div>
      <Views label={WORDS.settings} views={may("admin") ? [...VIEWS, ...ADMIN_VIEWS] : VIEWS} />
    </div>
  );
}
