/** What one registry was asked over time, its latest errors, and whether it can be reached. */
import { useEffect } from "preact/hooks";
import type { RequestEntry } from "../../api/schema/activity.ts";
import type { RegistryView } from "../../api/schema/registries.ts";
import { Panel } from "../../components/panel.tsx";
import { Loaded } from "../../components/states.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { query } from "../../web/location.ts";
import { requestPath } from "../../web/paths.ts";
import { useResource } from "../../web/resource.ts";
import { may } from "../../web/session.ts";
import { failuresPath, spanFromQuery } from "../../web/span.ts";
import { COLUMNS } from "../activity/columns.tsx";
import { Charts } from "../overview/charts.tsx";
import { SpanHead } from "../overview/span_head.tsx";
import { TrialView, useTrial } from "./test.tsx";
import { ACTIVITY } from "./words.ts";

const REFRESH_MS = 30e3;
const SHOWN = 5;

export function RegistryActivity({ registry }: { registry: RegistryView }) {
  const { name } = registry;
  const span = spanFromQuery(query.value);
  const asked = { period: span.period, ...span.range, registry: name };
  const stats = useResource("/stats", { query: asked }, { everyMs: REFRESH_MS });
  return (
    <>
      <section class="section" aria-label={ACTIVITY.requests}>
        <SpanHead span={span} />
        <div class="panel">
          <div class="panel-head">
            <h2>{ACTIVITY.requests}</h2>
            <a href={`/activity?registry=${encodeURIComponent(name)}`}>{ACTIVITY.all}</a>
          </div>
          <Loaded resource={stats} lines={8}>{(data) => <Charts stats={data} />}</Loaded>
        </div>
      </section>
      <div class="columns">
        <Errors name={name} href={failuresPath("errors", span, name)} />
        {may("cache") && <Connection registry={registry} />}
      </div>
      <h2>{ACTIVITY.settings}</h2>
    </>
  );
}

const SHORT: Column<RequestEntry>[] = COLUMNS.filter(({ id }) =>
  ["time", "image", "status"].includes(id)
);

function Errors({ name, href }: { name: string; href: string }) {
  const latest = useResource(
    "/activity",
    { query: { registry: name, errors: "true", limit: SHOWN } },
    { everyMs: REFRESH_MS },
  );
  return (
    <Panel title={ACTIVITY.errors} beside={<a href={href}>{ACTIVITY.allErrors}</a>}>
      <Loaded resource={latest} lines={3}>
        {({ items }) =>
          items.length === 0 ? <p class="panel-note">{ACTIVITY.noErrors}</p> : (
            <Table
              caption={ACTIVITY.errors}
              columns={SHORT}
              rows={items}
              rowKey={({ id }) => id}
              href={({ id }) => requestPath(id)}
            />
          )}
      </Loaded>
    </Panel>
  );
}

/**
 * The test of the registry as it is configured. It runs by itself where something is wrong, which is
 * why the page was opened. It costs no pulls, but a registry counts every request against those who
 * ask too often, and each wrong password, so that a healthy one is asked by a button alone.
 */
function Connection({ registry: { name, health } }: { registry: RegistryView }) {
  const { trial, start } = useTrial();
  const wrong = health.state === "failing" || health.state === "refused";
  useEffect(() => {
    if (wrong) start(name);
  }, []);
  const tried = trial.running || trial.result !== undefined || trial.error !== undefined;
  return (
    <section class="panel" aria-label={ACTIVITY.connection}>
      <div class="panel-head">
        <h2>{ACTIVITY.connection}</h2>
        <button
          type="button"
          class="button"
          disabled={trial.running}
          onClick={() => start(name)}
        >
          {trial.running ? ACTIVITY.running : ACTIVITY.run}
        </button>
      </div>
      <div class="panel-body">
        {tried ? <TrialView trial={trial} /> : <p class="muted">{ACTIVITY.explain}</p>}
      </div>
    </section>
  );
}
