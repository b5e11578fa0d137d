/** The configuration in force, where each value comes from, and what the last reload did. */
import { useSignal } from "@preact/signals";
import type { Acme, ConfigView } from "../api/schema/config.ts";
import { Icon } from "../components/icon.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Facts } from "../components/panel.tsx";
import { Loaded } from "../components/states.tsx";
import { toast, toastError } from "../components/toast.tsx";
import { call } from "../web/client.ts";
import { formatMoment } from "../web/format.ts";
import { status } from "../web/live.ts";
import { may } from "../web/session.ts";
import { useResource } from "../web/resource.ts";
import { OverlayPanel } from "./settings/overlay.tsx";
import { ForwardPanel } from "./settings/forward.tsx";
import { ReloadPanel } from "./settings/reload.tsx";
import { WebhookPanel } from "./settings/webhooks.tsx";
import { SettingsViews } from "./settings/views.tsx";
import { Values } from "./settings/values.tsx";
import { WORDS } from "./settings/words.ts";

export function Settings() {
  const config = useResource("/config", {}, { everyMs: 15e3 });
  const busy = useSignal(false);
  const reload = async () => {
    busy.value = true;
    try {
      const result = await call("post", "/config/reload", {});
      toast(result.text, !result.ok);
    } catch (error) {
      toastError(error);
    }
    busy.value = false;
    config.reload();
  };
  return (
    <>
      <PageHead
        title={WORDS.settings}
        lead={WORDS.theEffectiveConfigurationAndWhere}
      >
        {may("admin") && (
          <button type="button" class="button" disabled={busy.value} onClick={reload}>
            <Icon name="reload" />
            {WORDS.reloadConfiguration}
          </button>
        )}
      </PageHead>
      <SettingsViews />
      <Loaded resource={config} lines={12}>
        {(data) => (
          <>
            <div class="columns even">
              <About config={data} />
              <ReloadPanel reload={data.lastReload} />
            </div>
            <OverlayPanel onDropped={config.reload} />
            {forwards(data) && <ForwardPanel />}
            <WebhookPanel />
            <Values settings={data.settings} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** Whether the forward proxy is on. */
function forwards({ settings }: ConfigView): boolean {
  const listen = settings.find(({ path }) => path === "forward.listen")?.text ?? "";
  return listen !== "" && listen !== '""';
}

function About({ config }: { config: ConfigView }) {
  return (
    <Facts title={WORDS.thisServer}>
      <dt>{WORDS.version}</dt>
      <dd>{WORDS.berth} {status.value?.version ?? "…"}</dd>
      <dt>{WORDS.started}</dt>
      <dd>{status.value ? formatMoment(status.value.startedAt) : "…"}</dd>
      <dt>{WORDS.configuration}</dt>
      <dd>
        {config.file ? <code>{config.file}</code> : WORDS.noFileDefaultsEnvironmentAnd}
        {config.overlay && config.writable && (
          <p class="muted small">
            {config.shared ? WORDS.changesAreKeptInAn : WORDS.readOnlyChangesAreKept}
          </p>
        )}
        {config.file && !config.writable && (
          <p class="muted small">{WORDS.readOnly} {config.readOnlyReason}</p>
        )}
      </dd>
      {config.acme && <Certificate acme={config.acme} />}
      <dt>{WORDS.forScripts}</dt>
      <dd>
        <a href="/api/v1/openapi.json">{WORDS.openapiDocument}</a>,{" "}
        <a href="/metrics">{WORDS.metrics}</a>
      </dd>
    </Facts>
  );
}

function Certificate({ acme: { domains, directory, notAfter, next, problem } }: { acme: Acme }) {
  const when = next > 0 ? formatMoment(next) : "…";
  return (
    <>
      <dt>{WORDS.certificate}</dt>
      <dd>
        {domains.join(", ")}
        {WORDS.by} {new URL(directory).host}
        <p class="muted small">
          {notAfter === null
            ? WORDS.notIssuedYet
            : WORDS.validUntil(formatMoment(notAfter), problem ? "" : WORDS.renewed(when))}
        </p>
        {problem && <p class="small tone-bad">{problem}{WORDS.nextAttempt} {when}.</p>}
      </dd>
    </>
  );
}
