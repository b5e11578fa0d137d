import { useEffect } from "preact/hooks";
import type { Connect } from "../../api/schema/connect.ts";
import { Snippet } from "../../components/snippet.tsx";
import { Loaded } from "../../components/states.tsx";
import { useResource } from "../../web/resource.ts";
import { clientsFor, serverUrl, targetOf } from "../../web/snippets.ts";

/** Nothing was pulled yet: how to begin. The first pull turns this into the overview. */
export function Welcome() {
  const connect = useResource("/connect", {});
  useEffect(() => {
    document.title = "Welcome · Berth";
  }, []);
  return (
    <div class="welcome">
      <header class="placeholder">
        <h1 tabIndex={-1}>Berth is ready. Nothing was pulled yet.</h1>
        <p>Point a client here; its first pull turns this page into the overview.</p>
      </header>
      <section class="panel" aria-label="Three lines for Docker">
        <Loaded resource={connect} lines={4}>{(data) => <Lines connect={data} />}</Loaded>
      </section>
      <p class="waiting" role="status">
        <span class="spinner" aria-hidden="true" />
        Waiting for the first pull…
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
        No registry is configured. <a href="/registries/new">Add the first</a>.
      </p>
    );
  }
  const target = targetOf(connect, registry, serverUrl(connect, location.hostname));
  const docker = clientsFor(connect)[0]!;
  return (
    <>
      <h2>With Docker</h2>
      {docker.steps(target).map(({ file, text }) => <Snippet key={text} file={file} text={text} />)}
      <Snippet text={docker.test(target)} />
      <p class="muted">
        containerd, Podman, BuildKit, Kubernetes, Helm: <a href="/connect">all clients</a>.
      </p>
    </>
  );
}
