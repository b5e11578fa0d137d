/** What both views of the cache begin with. */
import { useSignal } from "@preact/signals";
import { Ago } from "../../components/ago.tsx";
import { type Choice, SelectField } from "../../components/choice.tsx";
import { EvictDialog } from "../../components/evict.tsx";
import { Icon } from "../../components/icon.tsx";
import { PageHead } from "../../components/page_head.tsx";
import { toastError } from "../../components/toast.tsx";
import { Views } from "../../components/views.tsx";
import { call } from "../../web/client.ts";
import { countOf, formatBytes, formatCount } from "../../web/format.ts";
import { status, verification } from "../../web/live.ts";
import { may } from "../../web/session.ts";
import { WORDS } from "./words.ts";

export function CacheHead({ onChange }: { onChange: () => void }) {
  const evicting = useSignal(false);
  const storage = status.value?.storage;
  const verify = async () => {
    try {
      verification.value = await call("post", "/cache/verify", { json: {} });
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <>
      <PageHead
        title={WORDS.cache}
        lead={storage && (
          <span class="num">
            {formatBytes(storage.bytes)}
            {storage.maxBytes > 0 && WORDS.of2(formatBytes(storage.maxBytes))} {WORDS.in}{" "}
            {countOf(storage.blobs, "blob")}
            <VerificationText />
          </span>
        )}
      >
        <a class="button" href="/cache/tag">{WORDS.frozenTags}</a>
        {may("cache") && (
          <>
            <button
              type="button"
              class="button"
              disabled={verification.value?.running ?? false}
              onClick={verify}
            >
              <Icon name="ok" />
              {WORDS.verifyAll}
            </button>
            <button type="button" class="button" onClick={() => evicting.value = true}>
              <Icon name="trash" />
              {WORDS.evictByAge}
            </button>
          </>
        )}
      </PageHead>
      {evicting.value && <EvictByAge onClose={() => evicting.value = false} onDone={onChange} />}
    </>
  );
}

function VerificationText() {
  const state = verification.value;
  if (!state || (!state.running && state.finishedAt === null)) return null;
  if (state.running) {
    return (
      <span role="status">
        {WORDS.verifyingOf(formatCount(state.checkedBlobs), formatCount(state.totalBlobs))}
      </span>
    );
  }
  return (
    <span role="status">
      {"; "}
      {state.damaged.length === 0 ? WORDS.everyDigestMatched : (
        <span class="tone-bad">
          {countOf(state.damaged.length, WORDS.damagedDigest)} {WORDS.removed}
        </span>
      )}
      {WORDS.checked} <Ago time={state.finishedAt} />
    </span>
  );
}

const DAY = 86400e3;
const AGES: readonly Choice<string>[] = [
  { value: String(7 * DAY), text: "7 days" },
  { value: String(14 * DAY), text: "14 days" },
  { value: String(30 * DAY), text: "30 days" },
  { value: String(60 * DAY), text: "60 days" },
  { value: String(90 * DAY), text: "90 days" },
  { value: "0", text: WORDS.anyTimeEvictsEverything },
];

function EvictByAge({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const age = useSignal(String(30 * DAY));
  return (
    <EvictDialog
      title={WORDS.evictUnusedContent}
      selection={{ unusedForMs: Number(age.value) }}
      onClose={onClose}
      onDone={onDone}
    >
      <SelectField
        label={WORDS.notUsedFor}
        value={age.value}
        choices={AGES}
        onInput={(value) => age.value = value}
      />
    </EvictDialog>
  );
}

const VIEWS = [
  { href: "/cache", text: WORDS.images },
  { href: "/cache/blobs", text: WORDS.digests },
  { href: "/cache/prefetch", text: WORDS.prefetch },
];

/** The views of the cache. */
export function CacheViews() {
  return <Views label={WORDS.viewsOfTheCache} views={VIEWS} />;
}
