/** A registry while it is edited: its draft, and what the server says of it. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { RegistryList, RegistrySettings, RegistryView } from "../../api/schema/registries.ts";
import { complaintOf, type Draft, signInOf, toDraft, toSettings } from "../../web/draft.ts";
import { may } from "../../web/session.ts";
import { usePreview } from "./preview.ts";

/** What the parts of the form work on. */
export interface Editing {
  draft: Draft;
  /** Paths of the secrets that are set. */
  secrets: readonly string[];
  disabled: boolean;
  change: <K extends keyof Draft>(key: K, value: Draft[K]) => void;
  /** What the server says of a setting; empty until it was touched. */
  complaint: (path: string) => string;
  /** Where the setting comes from, if it is not the file; empty where it is. */
  override: (path: string) => string;
}

/** The whole of the form: `Editing` for its parts, and what surrounds them. */
export interface RegistryEditing {
  editing: Editing;
  create: boolean;
  name: string;
  rename: (name: string) => void;
  /** What the server says of the name. */
  nameComplaint: string;
  /** The draft as settings for the server. */
  settings: RegistrySettings;
  /** Whether anything was touched. */
  begun: boolean;
  /** From now on every complaint is shown. */
  touchAll: () => void;
}

const EMPTY = { url: "" };

/** Begins to edit `registry`, or a new one where it is undefined. */
export function useEditing(
  list: RegistryList,
  registry: RegistryView | undefined,
): RegistryEditing {
  const original = registry?.settings ?? EMPTY;
  const secrets = registry?.secrets ?? [];
  const start = useMemo(
    () => ({ ...toDraft(original), signIn: signInOf(original, secrets) }),
    [registry],
  );
  const draft = useSignal<Draft>(start);
  const name = useSignal(registry?.name ?? "");
  const touched = useSignal<ReadonlySet<string>>(new Set());
  const settings = toSettings(draft.value, original, secrets);
  const create = registry === undefined;
  const begun = touched.value.size > 0;
  const preview = usePreview(begun ? { name: name.value, settings, create } : undefined);

  const touch = (key: string) => touched.value = new Set([...touched.value, key]);
  const complaint = (path: string) =>
    isTouched(touched.value, path) ? complaintOf(preview.fields, path) : "";
  return {
    editing: {
      draft: draft.value,
      secrets,
      disabled: !may("registries") || !list.writable || registry?.editable === false,
      change: (key, value) => {
        draft.value = { ...draft.value, [key]: value };
        touch(key);
      },
      complaint,
      override: (path) => registry?.overrides.find((one) => one.path === path)?.origin.text ?? "",
    },
    create,
    name: name.value,
    rename: (value) => {
      name.value = value;
      touch("name");
    },
    nameComplaint: complaint("name"),
    settings,
    begun,
    touchAll: () => touch("*"),
  };
}

/** Whether the setting `path` was touched; a new way to sign in touches all of `auth`. */
function isTouched(touched: ReadonlySet<string>, path: string): boolean {
  return touched.has(path.split(".").at(-1)!) || touched.has("*") ||
    (path.startsWith("auth") && touched.has("signIn"));
}
