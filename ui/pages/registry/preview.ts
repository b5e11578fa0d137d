/** What the server says of a change while it is typed. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Preview, RegistrySettings } from "../../api/schema/registries.ts";
import { call } from "../../web/client.ts";

interface Change {
  name: string;
  settings: RegistrySettings;
  create: boolean;
}

const PAUSE_MS = 250;
const NOTHING_SAID: Pick<Preview, "fields"> = { fields: [] };

/** The preview of `change`, asked for when the typing pauses; undefined asks for nothing. */
export function usePreview(change: Change | undefined): Pick<Preview, "fields"> {
  const preview = useSignal(NOTHING_SAID);
  const body = change && JSON.stringify(change);
  useEffect(() => {
    if (body === undefined) return;
    const controller = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { signal } = controller;
        const json: Change = JSON.parse(body);
        preview.value = await call("post", "/registries/preview", { json }, { signal });
      } catch {
        // saving will tell; typing goes on
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [body]);
  return preview.value;
}
