/** Settings that few registries need, folded until asked for. */
import type { ComponentChildren } from "preact";
import { CheckField, SelectField } from "../../components/choice.tsx";
import { TextField } from "../../components/field.tsx";
import { ListField } from "../../components/list_field.tsx";
import { Icon } from "../../components/icon.tsx";
import type { Draft } from "../../web/draft.ts";
import { countOf } from "../../web/format.ts";
import type { Editing } from "./editing.ts";
import { WORDS } from "./words.ts";

function Fold(
  { title, summary, children }: { title: string; summary: string; children: ComponentChildren },
) {
  return (
    <details class="fold">
      <summary>
        <Icon name="chevron" size={12} />
        <h3>{title}</h3>
        <span class="muted">{summary}</span>
      </summary>
      <div class="form-section">{children}</div>
    </details>
  );
}

/** A field of the setting `key`, which the server complains of as `path`. */
function bind<K extends keyof Draft>(editing: Editing, key: K, path: string = key) {
  const { draft, change, complaint, disabled } = editing;
  const onInput = (value: Draft[K]) => change(key, value);
  return { value: draft[key], disabled, complaint: complaint(path), onInput };
}

/** The same of a setting that is on or off. */
function tick(editing: Editing, key: "library" | "offline" | "insecure_tls") {
  const { draft, change, disabled } = editing;
  return { checked: draft[key], disabled, onInput: (value: boolean) => change(key, value) };
}

export function Names(editing: Editing) {
  const { draft } = editing;
  const given = [
    draft.aliases.length > 0 && countOf(draft.aliases.length, "alias", "aliases"),
    draft.hosts.length > 0 && countOf(draft.hosts.length, WORDS.hostName),
    draft.repo_prefix && WORDS.prefix(draft.repo_prefix),
  ].filter(Boolean).join(", ");
  return (
    <Fold title={WORDS.names} summary={given || WORDS.itsOwnHost}>
      <div class="fields two">
        <ListField
          label={WORDS.aliases}
          hint={WORDS.otherHostNamesThatImage}
          placeholder="docker.io"
          {...bind(editing, "aliases")}
        />
        <ListField
          label={WORDS.hostNamesAtThisServer}
          hint={WORDS.requestsForTheseHostNames}
          placeholder="images.example.com"
          {...bind(editing, "hosts")}
        />
      </div>
      <TextField
        label={WORDS.repositoryPrefix}
        hint={WORDS.prependedToEveryRepositoryName}
        placeholder="my-project/images"
        {...bind(editing, "repo_prefix")}
      />
      <CheckField
        label={WORDS.expandSinglePartNames}
        hint={WORDS.alpineLibraryAlpineAsOn}
        {...tick(editing, "library")}
      />
    </Fold>
  );
}

export function Permissions(editing: Editing) {
  const { draft } = editing;
  const rules = draft.allow.length + draft.deny.length;
  const summary = [
    draft.users.length > 0 ? countOf(draft.users.length, "user") : "everyone",
    rules > 0 ? countOf(rules, "rule") : WORDS.allRepositories,
  ].join(", ");
  return (
    <Fold title={WORDS.access} summary={summary}>
      <ListField
        label={WORDS.users}
        hint={WORDS.usersOfThisServerWho}
        {...bind(editing, "users", "access.users")}
      />
      <div class="fields two">
        <ListField
          label={WORDS.allowedRepositories}
          hint={WORDS.patternsOnePerLineEmpty}
          placeholder="library/*"
          {...bind(editing, "allow")}
        />
        <ListField
          label={WORDS.deniedRepositories}
          hint={WORDS.takesPrecedenceOverTheAllow}
          placeholder="someone/**"
          {...bind(editing, "deny")}
        />
      </div>
    </Fold>
  );
}

export function Freshness(editing: Editing) {
  const { draft } = editing;
  return (
    <Fold
      title={WORDS.tagCaching}
      summary={draft.ttl ? WORDS.checkedAgainAfter(draft.ttl) : WORDS.globalDefault}
    >
      <TextField
        label={WORDS.serveATagWithoutChecking}
        hint={WORDS.aDurationSuchAs10m}
        placeholder="10m"
        {...bind(editing, "ttl", "manifests.ttl")}
      />
    </Fold>
  );
}

const REDIRECTS = [
  { value: "follow", text: WORDS.followAndCacheRecommended },
  { value: "pass", text: WORDS.passToTheClientNothing },
] as const;

export function Network(editing: Editing) {
  const { draft } = editing;
  const summary = [
    draft.offline && "offline",
    draft.redirects === "pass" && WORDS.redirectsArePassedThrough,
    draft.insecure_tls && WORDS.certificatesAreNotChecked,
    draft.ca_file && WORDS.ownCertificateAuthority,
  ].filter(Boolean).join(", ");
  return (
    <Fold title={WORDS.connection} summary={summary || WORDS.certificatesAreChecked}>
      <CheckField
        label={WORDS.offline}
        hint={WORDS.neverContactItWhatIs}
        {...tick(editing, "offline")}
      />
      <SelectField
        label={WORDS.redirectsOfTheRegistry}
        choices={REDIRECTS}
        {...bind(editing, "redirects")}
      />
      <TextField
        label={WORDS.certificateAuthorityAPemFile}
        placeholder="/etc/berth/registry-ca.pem"
        {...bind(editing, "ca_file")}
      />
      <CheckField
        label={WORDS.doNotCheckTheRegistrys}
        hint={WORDS.anyoneOnTheNetworkPath}
        {...tick(editing, "insecure_tls")}
      />
    </Fold>
  );
}
