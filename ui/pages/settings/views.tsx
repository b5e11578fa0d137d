/** The pages of the settings. */
import { Views } from "../../components/views.tsx";
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
      <Views label="Settings" views={VIEWS} />
    </div>
  );
}
