import type { ComponentChildren } from "preact";
import type { ImageConfig, ParsedConfig } from "../../api/schema/image.ts";
import { Icon } from "../../components/icon.tsx";
import { Panel } from "../../components/panel.tsx";
import { countOf, formatMoment } from "../../web/format.ts";
import { STATES, WORDS } from "./words.ts";

/** What the image config says; all of it is its author's text. */
export function ConfigPanel({ config, platform }: { config: ImageConfig; platform: string }) {
  const { parsed, state, annotations } = config;
  return (
    <Panel
      title={WORDS.configOf}
      beside={<span class="muted">{platform || parsed?.platform || config.artifactType}</span>}
    >
      {state !== "read" && <p class="panel-note">{STATES[state]}</p>}
      {parsed && <Facts parsed={parsed} />}
      {parsed && <Pairs title={WORDS.labels} pairs={parsed.labels} />}
      <Pairs title={WORDS.annotations} pairs={annotations} />
    </Panel>
  );
}

function Facts({ parsed }: { parsed: ParsedConfig }) {
  const { created, entrypoint, cmd, user, workingDir, ports, volumes, env } = parsed;
  return (
    <dl class="facts panel-body">
      <Fact name={WORDS.created}>
        {created === null
          ? <span class="muted">{WORDS.createdUnknown}</span>
          : formatMoment(created)}
      </Fact>
      <Fact name={WORDS.entrypoint}>{argumentsOf(entrypoint)}</Fact>
      <Fact name={WORDS.cmd}>{argumentsOf(cmd)}</Fact>
      <Fact name={WORDS.user}>
        {user ? <code>{user}</code> : <span class="muted">{WORDS.userDefault}</span>}
      </Fact>
      {workingDir && <Fact name={WORDS.workingDir}>{<code>{workingDir}</code>}</Fact>}
      {ports.length > 0 && <Fact name={WORDS.ports}>{ports.join(", ")}</Fact>}
      {volumes.length > 0 && <Fact name={WORDS.volumes}>{volumes.join(", ")}</Fact>}
      {parsed.stopSignal && <Fact name={WORDS.stopSignal}>{parsed.stopSignal}</Fact>}
      {parsed.author && <Fact name={WORDS.author}>{parsed.author}</Fact>}
      <Fact name={WORDS.environment}>
        {env.length === 0 ? <span class="muted">{WORDS.none}</span> : (
          <>
            {countOf(env.length, "variable")}: <span class="muted">{env.join(", ")}</span>
          </>
        )}
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function argumentsOf(words: string[]) {
  if (words.length === 0) return <span class="muted">{WORDS.none}</span>;
  return <code>{JSON.stringify(words)}</code>;
}

function Pairs({ title, pairs }: { title: string; pairs: { name: string; value: string }[] }) {
  if (pairs.length === 0) return null;
  return (
    <details class="fold">
      <summary>
        <Icon name="chevron" size={12} />
        <h3>{title}</h3>
        <span class="muted num">{pairs.length}</span>
      </summary>
      <dl class="facts panel-body">
        {pairs.map(({ name, value }) => (
          <Fact key={name} name={name}>
            <span class="pre">{value}</span>
          </Fact>
        ))}
      </dl>
    </details>
  );
}
