/** The pages of the settings. */
import { Views } from "../../components/views.tsx";
import { may } from "../../web/session.ts";

const VIEWS = [
  { href: "/settings", text: "Configuration" },
  { href: "/settings/policy", text: "Policy" },
];
const ADMIN_VIEWS = [
  { href: "/settings/tokens", text: "API tokens" },
  { href: "/settings/audit", text: "Audit log" },
];

/** Links to those that one may see. */
export function SettingsViews() {
  return (
    <div>
      <Views label="Settings" views={may("admin") ? [...VIEWS, ...ADMIN_VIEWS] : VIEWS} />
    </div>
  );
}
