/** API tokens: what scripts and CI sign in with. */
import { useSignal } from "@preact/signals";
import type { TokenView } from "../api/schema/tokens.ts";
import { Ago } from "../components/ago.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHead } from "../components/page_head.tsx";
import { ErrorLine, Loaded, Nothing } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { toast } from "../components/toast.tsx";
import { useAction } from "../web/action.ts";
import { call } from "../web/client.ts";
import { formatMoment } from "../web/format.ts";
import { useResource } from "../web/resource.ts";
import { SettingsViews } from "./settings/views.tsx";
import { NewTokenDialog } from "./tokens/new.tsx";
import { WORDS } from "./tokens/words.ts";

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

export function TokensPage() {
  const tokens = useResource("/tokens", {}, { everyMs: 15e3 });
  const making = useSignal(false);
  const revoking = useSignal<TokenView | undefined>(undefined);
  return (
    <>
      <PageHead
        title={WORDS.apiTokens}
        lead={WORDS.forScriptsPrometheusAndCi}
      >
        <button type="button" class="button primary" onClick={() => making.value = true}>
          <Icon name="plus" />
          {WORDS.newToken}
        </button>
      </PageHead>
      <SettingsViews />
      {tokens.data?.kept === false && (
        <p class="notice warning">
          <Icon name="warn" />
          <span>{WORDS.withoutCacheDirNothingIs}</span>
        </p>
      )}
      <section class="panel" aria-label={WORDS.tokens}>
        <Loaded resource={tokens} lines={4}>
          {({ items }) =>
            items.length === 0 ? <NoTokens /> : (
              <Table
                caption={WORDS.apiTokens}
                columns={columnsFor((token) => revoking.value = token)}
                rows={items}
                rowKey={({ id, name }) => id + name}
              />
            )}
        </Loaded>
      </section>
      {making.value && (
        <NewTokenDialog
          onMade={tokens.reload}
          onClose={() => making.value = false}
        />
      )}
      {revoking.value && (
        <RevokeDialog
          token={revoking.value}
          onClose={() => revoking.value = undefined}
          onDone={tokens.reload}
        />
      )}
    </>
  );
}

function NoTokens() {
  return (
    <Nothing icon="lock" title={WORDS.noTokensYet}>
      <p>{WORDS.makeOneForEachScript}</p>
    </Nothing>
  );
}

function columnsFor(revoke: (token: TokenView) => void): Column<TokenView>[] {
  return [
    { id: "name", title: WORDS.name, class: "main", cell: (token) => <Name token={token} /> },
    {
      id: "scopes",
      title: WORDS.may,
      cell: ({ scopes }) => (
        <span class="actions">
          {scopes.map((scope) => <span key={scope} class="badge">{scope}</span>)}
        </span>
      ),
    },
    { id: "expires", title: WORDS.expires, cell: (token) => <Expiry token={token} /> },
    { id: "used", title: WORDS.lastUsed, cell: (token) => <LastUse token={token} /> },
    {
      id: "revoke",
      title: "",
      class: "fit right",
      cell: (token) =>
        token.id !== "" && (
          <button
            type="button"
            class="button quiet danger"
            aria-label={WORDS.revoke(token.name)}
            onClick={() => revoke(token)}
          >
            {WORDS.revoke2}
          </button>
        ),
    },
  ];
}

function Name({ token: { name, id, created, createdBy } }: { token: TokenView }) {
  return (
    <span class="title-cell">
      <strong>{name}</strong>
      <span class="muted small">
        {id === "" ? WORDS.fromTheConfiguration : WORDS.madeBy(DAY.format(created ?? 0), createdBy)}
      </span>
    </span>
  );
}

function Expiry({ token: { expires, expired } }: { token: TokenView }) {
  if (expires === null) return <span class="muted">{WORDS.never}</span>;
  if (!expired) return <span title={formatMoment(expires)}>{DAY.format(expires)}</span>;
  return (
    <span class="state warn">
      <Icon name="warn" />
      {WORDS.expired}
    </span>
  );
}

function LastUse({ token: { id, lastUsed, lastFrom } }: { token: TokenView }) {
  if (lastUsed === null) {
    return <span class="muted">{id === "" ? WORDS.notRecorded : "never"}</span>;
  }
  return (
    <span class="title-cell">
      <Ago time={lastUsed} />
      <span class="muted small">{lastFrom}</span>
    </span>
  );
}

function RevokeDialog(
  { token: { id, name }, onClose, onDone }: {
    token: TokenView;
    onClose: () => void;
    onDone: () => void;
  },
) {
  const { busy, error, run } = useAction();
  const revoke = () =>
    run(async () => {
      await call("delete", "/tokens/:id", { param: { id } });
      toast(WORDS.revoked(name));
      onDone();
      onClose();
    });
  return (
    <Dialog
      title={`Revoke ${name}?`}
      onClose={onClose}
      foot={
        <>
          <button type="button" class="button" onClick={onClose}>{WORDS.cancel}</button>
          <button
            type="button"
            class="button primary danger"
            disabled={busy.value}
            onClick={revoke}
          >
            {WORDS.revoke(name)}
          </button>
        </>
      }
    >
      <ErrorLine error={error.value} />
      <p>{WORDS.requestsThatUseItAre}</p>
    </Dialog>
  );
}
