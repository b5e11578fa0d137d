import { useEffect } from "preact/hooks";
import type { Connect } from "../../api/schema/connect.ts";
import { Snippet } from "../../components/snippet.tsx";
import { Loaded } from "../../components/states.tsx";
import { useResource } from "../../web/resource.ts";
import { clientsFor, serverUrl, targetOf } from "../../web/snippets.ts";
import { WORDS } from "./later_words.ts";

/** Nothing was pulled yet: how to begin. The first pull turns this into the overview. */
export function Welcome() {
  const connect = useResource("/connect", {});
  useEffect(() => {
    document.title = WORDS.welcomeBerth;
  }, []);
  return (
    <div class="welcome">
      <header class="placeholder">
        <h1 tabIndex={-1}>{WORDS.berthIsReadyNothingWas}</h1>
        <p>{WORDS.pointAClientHereIts}</p>
      </header>
      <section class="panel" aria-label={WORDS.threeLinesForDocker}>
        <Loaded resource={connect} lines={4}>{(data) => <Lines connect={data} />}</Loaded>
      </section>
      <p class="waiting" role="status">
        <span class="spinner" aria-hidden="true" />
        {WORDS.waitingForTheFirstPull}
      </p>
    </div>
  );
}

function Lines({ connect }: { connect: Connect }) {
  const registry = connect.registries.find(({ name }) => name === connect.defaultRegistry) ??
    connect.registries[0];
  if (!registry) {
    return (
      <p>
        {WORDS.noRegistryIsConfigured} <a href="/registries/new">{WORDS.addTheFirst}</a>.
      </p>
    );
  }
  const target = targetOf(connect, registry, serverUrl(connect, location.hostname));
  const docker = clientsFor(connect)[0]!;
  return (
    <>
      <h2>{WORDS.withDocker}</h2>
      {docker.steps(target).map(({ file, text }) => <Snippet key={text} file={file} text={text} />)}
      <Snippet text={docker.test(target)} />
      <p class="muted">
        {WORDS.containerdPodmanBuildkitKubernetesHelm} <a href="/connect">{WORDS.allClients2}</a>.
      </p>
    </>
  );
}
