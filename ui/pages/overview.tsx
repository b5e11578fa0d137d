/** Is it fine, what is it doing now, what is it saving. */
import { ErrorBoundary } from "preact-iso/lazy";
import { here, later } from "../components/later.tsx";
import { Failure, Skeleton } from "../components/states.tsx";
import { status, statusError } from "../web/live.ts";
import { Fills } from "./overview/fills.tsx";
import { Headline } from "./overview/headline.tsx";
import { Savings } from "./overview/savings.tsx";
import { WORDS } from "./overview/words.ts";

const Welcome = later(({ Welcome }) => Welcome);
const TopPanels = later(({ TopPanels }) => TopPanels);
const Latest = later(({ Latest }) => Latest);
const StoragePanel = later(({ StoragePanel }) => StoragePanel);
const ClusterPanel = later(({ ClusterPanel }) => ClusterPanel);

export function Overview() {
  const state = status.value;
  if (!state) {
    return statusError.value === undefined ? <Skeleton /> : <Failure error={statusError.value} />;
  }
  if (state.empty) {
    return (
      <ErrorBoundary>
        <Welcome />
      </ErrorBoundary>
    );
  }
  const at = state.cluster ? WORDS.at(state.cluster.id) : "";
  return (
    <>
      <Headline status={state} />
      <Savings status={state} />
      <Fills />
      {state.cluster && (
        <ErrorBoundary>
          <ClusterPanel cluster={state.cluster} />
        </ErrorBoundary>
      )}
      {here.value && (
        <ErrorBoundary>
          <TopPanels at={at} />
          <div class="columns">
            <Latest at={at} />
            <StoragePanel storage={state.storage} at={at} />
          </div>
        </ErrorBoundary>
      )}
    </>
  );
}
