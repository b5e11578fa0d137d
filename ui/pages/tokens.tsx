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
import { call } from "../web/client.ts";
import { formatMoment } from "../web/format.ts";
import { useResource } from "../web/resource.ts";
import { SettingsViews } from "./settings/views.tsx";
import { NewTokenDialog } from "./tokens/new.tsx";

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

export function TokensPage() {
  const tokens = useResource("/tokens", {}, { everyMs: 15e3 });
  const making = useSignal(false);
  const revoking = useSignal<TokenView | undefined>(undefined);
  return (
    <>
      <PageHead
        title="API tokens"
        lead="For scripts, Prometheus and CI: each with what it may do, until it expires."
      >
        <button type="button" class="button primary" onClick={() => making.value = true}>
          <Icon name="plus" />
          New token
        </button>
      </PageHead>
      <SettingsViews />
      {tokens.data?.kept === false && (
        <p class="notice warning">
          <Icon name="warn" />
          <span>Without cache.dir nothing is kept: these tokens end when Berth stops.</span>
        </p>
      )}
      <section class="panel" aria-label="Tokens">
        <Loaded resource={tokens} lines={4}>
          {({ items }) =>
            items.length === 0 ? <NoTokens /> : (
              <Table
                caption="API tokens"
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
    <Nothing icon="lock" title="No tokens yet">
      <p>Make one for each script or machine, so that each can be revoked by itself.</p>
    </Nothing>
  );
}

function columnsFor(revoke: (token: TokenView) => void): Column<TokenView>[] {
  return [
    { id: "name", title: "Name", class: "main", cell: (token) => <Name token={token} /> },
    {
      id: "scopes",
      title: "May",
      cell: ({ scopes }) => (
        <span class="actions">
          {scopes.map((scope) => <span key={scope} class="badge">{scope}</span>)}
        </span>
      ),
    },
    { id: "expires", title: "Expires", cell: (token) => <Expiry token={token} /> },
    { id: "used", title: "Last used", cell: (token) => <LastUse token={token} /> },
    {
      id: "revoke",
      title: "",
      class: "fit right",
      cell: (token) =>
        token.id !== "" && (
          <button
            type="button"
            class="button quiet danger"
            aria-label={`Revoke ${token.name}`}
            onClick={() => revoke(token)}
          >
            Revoke
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
        {id === "" ? "from the configuration" : `made ${DAY.format(created ?? 0)} by ${createdBy}`}
      </span>
    </span>
  );
}

function Expiry({ token: { expires, expired } }: { token: TokenView }) {
  if (expires === null) return <span class="muted">never</span>;
  if (!expired) return <span title={formatMoment(expires)}>{DAY.format(expires)}</span>;
  return (
    <span class="state warn">
      <Icon name="warn" />
      Expired
    </span>
  );
}

function LastUse({ token: { id, lastUsed, lastFrom } }: { token: TokenView }) {
  if (lastUsed === null) return <span class="muted">{id === "" ? "not recorded" : "never"}</span>;
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
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  const revoke = async () => {
    busy.value = true;
    try {
      await call("delete", "/tokens/:id", { param: { id } });
      toast(`Revoked ${name}`);
      onDone();
      onClose();
    } catch (reason) {
      error.value = reason;
      busy.value = false;
    }
  };
  return (
    <Dialog
      title={`Revoke ${name}?`}
      onClose={onClose}
      foot={
        <>
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button
            type="button"
            class="button primary danger"
            disabled={busy.value}
            onClick={revoke}
          >
            {`Revoke ${name}`}
          </button>
        </>
      }
    >
      <ErrorLine error={error.value} />
      <p>Requests that use it are rejected from now on. A revoked token cannot be brought back.</p>
    </Dialog>
  );
}
