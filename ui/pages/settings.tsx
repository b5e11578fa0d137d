/** The configuration in force, where each value comes from, and what the last reload did. */
import { useSignal } from "@preact/signals";
import type { Acme, ConfigView } from "../api/schema/config.ts";
import { Icon } from "../components/icon.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Loaded } from "../components/states.tsx";
import { toast } from "../components/toast.tsx";
import { call, messageOf } from "../web/client.ts";
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

export function Settings() {
  const config = useResource("/config", {}, { everyMs: 15e3 });
  const busy = useSignal(false);
  const reload = async () => {
    busy.value = true;
    try {
      const result = await call("post", "/config/reload", {});
      toast(result.text, !result.ok);
    } catch (error) {
      toast(messageOf(error).title, true);
    }
    busy.value = false;
    config.reload();
  };
  return (
    <>
      <PageHead
        title="Settings"
        lead="The effective configuration, and where each value comes from."
      >
        {may("admin") && (
          <button type="button" class="button" disabled={busy.value} onClick={reload}>
            <Icon name="reload" />
            Reload configuration
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
    <section class="panel" aria-label="This server">
      <div class="panel-head">
        <h2>This server</h2>
      </div>
      <dl class="facts panel-body">
        <dt>Version</dt>
        <dd>Berth {status.value?.version ?? "…"}</dd>
        <dt>Started</dt>
        <dd>{status.value ? formatMoment(status.value.startedAt) : "…"}</dd>
        <dt>Configuration</dt>
        <dd>
          {config.file ? <code>{config.file}</code> : "no file: defaults, environment and flags"}
          {config.overlay && config.writable && (
            <p class="muted small">
              {config.shared
                ? "Changes are kept in an overlay that the cluster shares."
                : "Read-only. Changes are kept in an overlay."}
            </p>
          )}
          {config.file && !config.writable && (
            <p class="muted small">Read-only. {config.readOnlyReason}</p>
          )}
        </dd>
        {config.acme && <Certificate acme={config.acme} />}
        <dt>For scripts</dt>
        <dd>
          <a href="/api/v1/openapi.json">OpenAPI document</a>, <a href="/metrics">metrics</a>
        </dd>
      </dl>
    </section>
  );
}

function Certificate({ acme: { domains, directory, notAfter, next, problem } }: { acme: Acme }) {
  const when = next > 0 ? formatMoment(next) : "…";
  return (
    <>
      <dt>Certificate</dt>
      <dd>
        {domains.join(", ")}, by {new URL(directory).host}
        <p class="muted small">
          {notAfter === null
            ? "Not issued yet"
            : `Valid until ${formatMoment(notAfter)}${problem ? "" : `, renewed ${when}`}`}
        </p>
        {problem && <p class="small tone-bad">{problem}. Next attempt {when}.</p>}
      </dd>
    </>
  );
}
