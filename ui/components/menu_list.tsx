import { status } from "../web/live.ts";
import { session, signOut } from "../web/session.ts";
import { opened } from "../web/shortcuts.ts";
import { setTheme, type Theme, theme } from "../web/theme.ts";
import { Icon } from "./icon.tsx";
import { Segments } from "./segments.tsx";
import { toastError } from "./toast.tsx";

const THEMES: { value: Theme; text: string }[] = [
  { value: "system", text: "System" },
  { value: "light", text: "Light" },
  { value: "dark", text: "Dark" },
];

/** What the menu in the bar offers: light or dark, and signing out. */
export function MenuList() {
  const signedIn = session.value?.auth === "required" ? session.value.username : "";
  const leave = () => signOut().catch(toastError);
  return (
    <div class="menu-list">
      {signedIn && (
        <span>
          Signed in as <strong>{signedIn}</strong>
        </span>
      )}
      <Segments label="Appearance" value={theme.value} choices={THEMES} onInput={setTheme} />
      <button type="button" class="button" onClick={() => opened.value = "shortcuts"}>
        Keyboard shortcuts
      </button>
      {signedIn && (
        <button type="button" class="button" onClick={leave}>
          <Icon name="signOut" />
          Sign out
        </button>
      )}
      <span class="muted small">Berth {status.value?.version}</span>
    </div>
  );
}
