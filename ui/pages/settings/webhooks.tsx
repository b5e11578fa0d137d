/** Who is told of what happens, and whether they can be. */
import { useSignal } from "@preact/signals";
import type { Delivery, WebhookView } from "../../api/schema/webhooks.ts";
import { Ago } from "../../components/ago.tsx";
import { Icon } from "../../components/icon.tsx";
import { Panel } from "../../components/panel.tsx";
import { toast, toastError } from "../../components/toast.tsx";
import { call } from "../../web/client.ts";
import { countOf, formatDuration } from "../../web/format.ts";
import { may } from "../../web/session.ts";
import { useResource } from "../../web/resource.ts";
import { WORDS } from "./words.ts";

/** The webhooks of the configuration; nothing where there are none. */
export function WebhookPanel() {
  const webhooks = useResource("/webhooks", {}, { everyMs: 15e3 });
  const items = webhooks.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Panel title={WORDS.webhooks}>
      <ul class="panel-body stack">
        {items.map((webhook) => (
          <Row key={webhook.name} webhook={webhook} reload={webhooks.reload} />
        ))}
      </ul>
    </Panel>
  );
}

function Row({ webhook, reload }: { webhook: WebhookView; reload: () => void }) {
  const busy = useSignal(false);
  const { name, host, format, events, signed, waiting, dropped, last } = webhook;
  const test = async () => {
    busy.value = true;
    try {
      const { ok, text, ms } = await call("post", "/webhooks/:name/test", { param: { name } });
      toast(`${name}: ${text} (${formatDuration(ms)})`, !ok);
    } catch (error) {
      toastError(error);
    }
    busy.value = false;
    reload();
  };
  const facts = [
    WORDS.to(format, host),
    signed ? "signed" : WORDS.notSigned,
    events.length === 0 ? WORDS.everyEvent : events.join(", "),
    waiting > 0 && WORDS.waiting(countOf(waiting, "event")),
    dropped > 0 && WORDS.dropped(countOf(dropped, "event")),
  ].filter(Boolean).join(" · ");
  return (
    <li class="notice">
      <Icon name={last ? last.ok ? "ok" : "bad" : "idle"} />
      <div class="notice-text">
        <strong>{name}</strong>
        <p>{facts}</p>
        {last && <Last delivery={last} />}
      </div>
      {may("cache") && (
        <button type="button" class="button go" disabled={busy.value} onClick={test}>
          {busy.value && <span class="spinner" aria-hidden="true" />}
          {WORDS.sendATest}
        </button>
      )}
    </li>
  );
}

function Last({ delivery: { ok, text, at } }: { delivery: Delivery }) {
  return (
    <p class={ok ? "" : "tone-bad"}>
      {WORDS.lastDelivery} <Ago time={at} />: {text}
    </p>
  );
}
