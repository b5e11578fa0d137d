/** What may come through: what decides about that, who may change it, and what other rules would do. */
import type { ConfigView } from "../api/schema/config.ts";
import { PageHead } from "../components/page_head.tsx";
import { Panel } from "../components/panel.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { useResource } from "../web/resource.ts";
import { may } from "../web/session.ts";
import { TryRules } from "./policy/try.tsx";
import { isDefault, SettingRows } from "./settings/values.tsx";
import { SettingsViews } from "./settings/views.tsx";
import { WORDS } from "./policy/words.ts";

/** Keys that decide what may come through. */
const DECIDING = /^policy\.|^registries\.[^.]+\.(hold|require)\b/;

export function PolicyPage() {
  const config = useResource("/config", {}, { everyMs: 15e3 });
  return (
    <>
      <PageHead
        title={WORDS.policy}
        lead={WORDS.whatMayComeThroughRules}
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
    <Panel
      title={WORDS.effective}
      beside={<a class="button" href="/cache/tag">{WORDS.frozenAndReleasedTags}</a>}
    >
      {deciding.length === 0
        ? (
          <Nothing icon="settings" title={WORDS.everythingMayComeThrough}>
            <p>{WORDS.noRuleHoldOrSignature}</p>
          </Nothing>
        )
        : <SettingRows label={WORDS.effectiveRules} settings={deciding} />}
      <p class="panel-note small muted">
        {WORDS.changedByUsersWhoMayWrite}
        {file ? <code class="break">{file}</code> : WORDS.aConfigurationFileOfWhich}
        {WORDS.fromTheNextReloadOn}
      </p>
    </Panel>
  );
}
