/** What may come through: what decides about that, who may change it, and what other rules would do. */
import type { ConfigView } from "../api/schema/config.ts";
import { PageHead } from "../components/page_head.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { useResource } from "../web/resource.ts";
import { may } from "../web/session.ts";
import { TryRules } from "./policy/try.tsx";
import { isDefault, SettingRows } from "./settings/values.tsx";
import { SettingsViews } from "./settings/views.tsx";

/** Keys that decide what may come through. */
const DECIDING = /^policy\.|^registries\.[^.]+\.(hold|require)\b/;

export function PolicyPage() {
  const config = useResource("/config", {}, { everyMs: 15e3 });
  return (
    <>
      <PageHead
        title="Policy"
        lead="What may come through: rules, what is held back, and whose signature is asked for."
      />
      <SettingsViews />
      <Loaded resource={config} lines={6}>
        {(data) => (
          <>
            <Effective config={data} />
            {may("admin") && (
              <TryRules
                effective={data.settings.find(({ path }) => path === "policy.rules")?.text}
              />
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

function Effective({ config }: { config: ConfigView }) {
  const { settings, file } = config;
  const deciding = settings.filter((it) => DECIDING.test(it.path) && !isDefault(it));
  return (
    <section class="panel" aria-label="Effective">
      <div class="panel-head">
        <h2>Effective</h2>
        <a class="button" href="/cache/tag">Frozen and released tags</a>
      </div>
      {deciding.length === 0
        ? (
          <Nothing icon="settings" title="Everything may come through">
            <p>No rule, hold or signature is configured.</p>
          </Nothing>
        )
        : <SettingRows label="Effective rules" settings={deciding} />}
      <p class="panel-note small muted">
        {"Changed by whoever may write "}
        {file ? <code class="break">{file}</code> : "a configuration file, of which there is none"}
        {", from the next reload on. Admins release what is held back, and freeze tags, in a tag's history."}
      </p>
    </section>
  );
}
