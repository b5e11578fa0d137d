/** The pages of what happens. */
import { Views } from "../../components/views.tsx";
import { WORDS } from "./words.ts";

const VIEWS = [
  { href: "/activity", text: WORDS.requests },
  { href: "/activity/pulls", text: WORDS.pulls },
  { href: "/activity/clients", text: WORDS.clients },
];

/** Links to them. */
export function ActivityViews() {
  return (
    <div>
      <Views label={WORDS.activity} views={VIEWS} />
    </div>
  );
}
