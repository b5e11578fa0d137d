import { useSignal } from "@preact/signals";
import type { Connect } from "../../api/schema/connect.ts";
import type { ImageDetails } from "../../api/schema/image.ts";
import { SelectField } from "../../components/choice.tsx";
import { Panel } from "../../components/panel.tsx";
import { Snippet } from "../../components/snippet.tsx";
import { Loaded } from "../../components/states.tsx";
import { pullLines } from "../../web/pull_lines.ts";
import { useResource } from "../../web/resource.ts";
import { serverUrl, type Target, targetOf } from "../../web/snippets.ts";
import { WORDS } from "./words.ts";

/** Commands that pull the image through this server. */
export function PullPanel({ image }: { image: ImageDetails }) {
  const connect = useResource("/connect", {});
  return (
    <Panel title={WORDS.pull}>
      <div class="panel-body stack">
        <Loaded resource={connect} lines={3}>
          {(data) => <Lines target={targetIn(data, image.registry)} image={image} />}
        </Loaded>
      </div>
    </Panel>
  );
}

/** This server as clients of `registry` see it; undefined where that is no longer configured. */
function targetIn(connect: Connect, registry: string): Target | undefined {
  const found = connect.registries.find(({ name }) => name === registry);
  return found && targetOf(connect, found, serverUrl(connect, location.hostname));
}

function Lines({ target, image }: { target: Target | undefined; image: ImageDetails }) {
  const chosen = useSignal("Docker");
  if (!target) return <p class="muted">{WORDS.notConfigured}</p>;
  const lines = pullLines(target, image.repository, image.tag || image.digest);
  const line = lines.find(({ client }) => client === chosen.value) ?? lines[0]!;
  return (
    <>
      <SelectField
        label={WORDS.client}
        value={line.client}
        choices={lines.map(({ client }) => ({ value: client, text: client }))}
        onInput={(client) => chosen.value = client}
      />
      <Snippet text={line.text} />
      <p class="muted small">
        {target.signIn && `${WORDS.signIn} `}
        {!target.tls && `${WORDS.plain} `}
        <a href={`/connect?registry=${encodeURIComponent(image.registry)}`}>{WORDS.connect}</a>
      </p>
    </>
  );
}
