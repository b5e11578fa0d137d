/** The Berths that share downloads with this one, where there are any. */
import { Ago } from "../../components/ago.tsx";
import { countOf, formatBytes } from "../../web/format.ts";
import { status } from "../../web/live.ts";

export function ClusterPanel() {
  const cluster = status.value?.cluster;
  if (!cluster) return null;
  const { problem, id, address, peers, shared, sentBytes, receivedBytes } = cluster;
  return (
    <section class="panel" aria-label="Cluster">
      <div class="panel-head">
        <h2>Cluster</h2>
        {problem && <span class="badge bad">Each for itself</span>}
      </div>
      <div class="storage">
        <span class="small">
          {problem || `${countOf(shared, "download")} came from other Berths`}
          <span class="muted">
            {` · ${formatBytes(receivedBytes)} received, ${formatBytes(sentBytes)} sent`}
          </span>
        </span>
        <ul class="plain small">
          <li>
            <strong class="mono">{id}</strong> <span class="muted">{`${address}, this one`}</span>
          </li>
          {peers.map((peer) => (
            <li key={peer.id}>
              <strong class="mono">{peer.id}</strong>{" "}
              <span class="muted">{`${peer.address}, version ${peer.version}, started `}</span>
              <Ago time={peer.since} />{" "}
              {peer.problem && <span class="badge bad">{peer.problem}</span>}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
