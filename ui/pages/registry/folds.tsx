/** Settings that few registries need, folded until asked for. */
import type { ComponentChildren } from "preact";
import { CheckField, SelectField } from "../../components/choice.tsx";
import { TextField } from "../../components/field.tsx";
import { ListField } from "../../components/list_field.tsx";
import { Icon } from "../../components/icon.tsx";
import type { Draft } from "../../web/draft.ts";
import { countOf } from "../../web/format.ts";
import type { Editing } from "./editing.ts";

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

export function Names(editing: Editing) {
  const { draft, change, disabled } = editing;
  const given = [
    draft.aliases.length > 0 && countOf(draft.aliases.length, "alias", "aliases"),
    draft.hosts.length > 0 && countOf(draft.hosts.length, "host name"),
    draft.repo_prefix && `prefix ${draft.repo_prefix}`,
  ].filter(Boolean).join(", ");
  return (
    <Fold title="Names" summary={given || "its own host"}>
      <div class="fields two">
        <ListField
          label="Aliases"
          hint="Other host names that image names may use. One per line."
          placeholder="docker.io"
          {...bind(editing, "aliases")}
        />
        <ListField
          label="Host names at this server"
          hint="Requests for these host names go to this registry. One per line."
          placeholder="images.example.com"
          {...bind(editing, "hosts")}
        />
      </div>
      <TextField
        label="Repository prefix"
        hint="Prepended to every repository name upstream."
        placeholder="my-project/images"
        {...bind(editing, "repo_prefix")}
      />
      <CheckField
        label="Expand single-part names"
        hint="alpine → library/alpine, as on Docker Hub"
        checked={draft.library}
        disabled={disabled}
        onInput={(value) => change("library", value)}
      />
    </Fold>
  );
}

export function Permissions(editing: Editing) {
  const { draft } = editing;
  const rules = draft.allow.length + draft.deny.length;
  const summary = [
    draft.users.length > 0 ? countOf(draft.users.length, "user") : "everyone",
    rules > 0 ? countOf(rules, "rule") : "all repositories",
  ].join(", ");
  return (
    <Fold title="Access" summary={summary}>
      <ListField
        label="Users"
        hint="Users of this server who may pull from it. One per line. Empty: everyone who may use this server."
        {...bind(editing, "users", "access.users")}
      />
      <div class="fields two">
        <ListField
          label="Allowed repositories"
          hint="Patterns. One per line. Empty: all."
          placeholder="library/*"
          {...bind(editing, "allow")}
        />
        <ListField
          label="Denied repositories"
          hint="Takes precedence over the allow list."
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
      title="Tag caching"
      summary={draft.ttl ? `checked again after ${draft.ttl}` : "global default"}
    >
      <TextField
        label="Serve a tag without checking upstream for"
        hint="A duration such as 10m or 1h. 0 checks at every pull. Empty: cache.manifests.ttl applies."
        placeholder="10m"
        {...bind(editing, "ttl", "manifests.ttl")}
      />
    </Fold>
  );
}

const REDIRECTS = [
  { value: "follow", text: "Follow and cache (recommended)" },
  { value: "pass", text: "Pass to the client; nothing is cached" },
] as const;

export function Network(editing: Editing) {
  const { draft, change, disabled } = editing;
  const summary = [
    draft.offline && "offline",
    draft.redirects === "pass" && "redirects are passed through",
    draft.insecure_tls && "certificates are not checked",
    draft.ca_file && "own certificate authority",
  ].filter(Boolean).join(", ");
  return (
    <Fold title="Connection" summary={summary || "certificates are checked"}>
      <CheckField
        label="Offline"
        hint="Never contact it. What is cached is served, the rest is not found"
        checked={draft.offline}
        disabled={disabled}
        onInput={(value) => change("offline", value)}
      />
      <SelectField
        label="Redirects of the registry"
        choices={REDIRECTS}
        {...bind(editing, "redirects")}
      />
      <TextField
        label="Certificate authority, a PEM file"
        placeholder="/etc/berth/registry-ca.pem"
        {...bind(editing, "ca_file")}
      />
      <CheckField
        label="Do not check the registry's certificate"
        hint="Anyone on the network path could impersonate the registry"
        checked={draft.insecure_tls}
        disabled={disabled}
        onInput={(value) => change("insecure_tls", value)}
      />
    </Fold>
  );
}
