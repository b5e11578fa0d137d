/** The pages of what happens. */
import { Views } from "../../components/views.tsx";

const VIEWS = [
  { href: "/activity", text: "Requests" },
  { href: "/activity/pulls", text: "Pulls" },
  { href: "/activity/clients", text: "Clients" },
];

/** Links to them. */
export function ActivityViews() {
  return (
    <div>
      <Views label="Activity" views={VIEWS} />
    </div>
  );
}
