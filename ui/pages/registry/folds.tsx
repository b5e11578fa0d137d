/** Settings that few registries need, folded until asked for. */
import type { ComponentChildren } from "preact";
import { CheckField, SelectField } from "../../components/choice.tsx";
import { TextField } from "../../components/field.tsx";
import { ListField } from "../../components/list_field.tsx";
import { Icon } from "../../components/icon.tsx";
import type { Draft } from "../../web/draft.ts";
import { countOf } from "../../web/format.ts";
import type { Editing } from "./form.tsx";

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
          hint="Other hosts that image names may use, one a line."
          placeholder="docker.io"
          {...bind(editing, "aliases")}
        />
        <ListField
          label="Host names at this server"
          hint="Requests to them mean this registry, one a line."
          placeholder="images.example.com"
          {...bind(editing, "hosts")}
        />
      </div>
      <TextField
        label="Repository prefix"
        hint="Put before every name that is asked for upstream."
        placeholder="my-project/images"
        {...bind(editing, "repo_prefix")}
      />
      <CheckField
        label="Names of one part are official images"
        hint="alpine is library/alpine, as on Docker Hub"
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
    draft.users.length > 0 ? countOf(draft.users.length, "user") : "everybody",
    rules > 0 ? countOf(rules, "rule") : "every repository",
  ].join(", ");
  return (
    <Fold title="Who may pull what" summary={summary}>
      <ListField
        label="Users"
        hint="Users of this server who may pull from it, one a line. Empty: whoever may use this server."
        {...bind(editing, "users", "access.users")}
      />
      <div class="fields two">
        <ListField
          label="Allowed repositories"
          hint="Patterns, one a line. Empty: all."
          placeholder="library/*"
          {...bind(editing, "allow")}
        />
        <ListField
          label="Denied repositories"
          hint="Beats what is allowed."
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
      title="Freshness of tags"
      summary={draft.ttl ? `asked again after ${draft.ttl}` : "as set for all"}
    >
      <TextField
        label="Serve a tag without asking upstream for"
        hint="A duration such as 10m or 1h. 0 asks at every pull. Empty: cache.manifests.ttl holds."
        placeholder="10m"
        {...bind(editing, "ttl", "manifests.ttl")}
      />
    </Fold>
  );
}

const REDIRECTS = [
  { value: "follow", text: "Follow and cache (recommended)" },
  { value: "pass", text: "Hand to the client; nothing is cached" },
] as const;

export function Network(editing: Editing) {
  const { draft, change, disabled } = editing;
  const summary = [
    draft.redirects === "pass" && "redirects are passed on",
    draft.insecure_tls && "certificates are not checked",
    draft.ca_file && "own certificate authority",
  ].filter(Boolean).join(", ");
  return (
    <Fold title="Connection" summary={summary || "certificates are checked"}>
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
        hint="Anybody on the way could then pose as the registry"
        checked={draft.insecure_tls}
        disabled={disabled}
        onInput={(value) => change("insecure_tls", value)}
      />
    </Fold>
  );
}
