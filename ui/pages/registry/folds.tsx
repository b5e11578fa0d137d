/** Settings that few registries need, folded until asked for. */
import type { ComponentChildren } from "preact";
import { CheckField, ListField, SelectField, TextField } from "../../components/field.tsx";
import { Icon } from "../../components/icon.tsx";
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

export function Names({ draft, change, complaint, disabled }: Editing) {
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
          value={draft.aliases}
          disabled={disabled}
          complaint={complaint("aliases")}
          onInput={(value) => change("aliases", value)}
        />
        <ListField
          label="Host names at this server"
          hint="Requests to them mean this registry, one a line."
          placeholder="images.example.com"
          value={draft.hosts}
          disabled={disabled}
          complaint={complaint("hosts")}
          onInput={(value) => change("hosts", value)}
        />
      </div>
      <TextField
        label="Repository prefix"
        hint="Put before every name that is asked for upstream."
        placeholder="my-project/images"
        value={draft.repo_prefix}
        disabled={disabled}
        complaint={complaint("repo_prefix")}
        onInput={(value) => change("repo_prefix", value)}
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

export function Permissions({ draft, change, complaint, disabled }: Editing) {
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
        value={draft.users}
        disabled={disabled}
        complaint={complaint("access.users")}
        onInput={(value) => change("users", value)}
      />
      <div class="fields two">
        <ListField
          label="Allowed repositories"
          hint="Patterns, one a line. Empty: all."
          placeholder="library/*"
          value={draft.allow}
          disabled={disabled}
          complaint={complaint("allow")}
          onInput={(value) => change("allow", value)}
        />
        <ListField
          label="Denied repositories"
          hint="Beats what is allowed."
          placeholder="someone/**"
          value={draft.deny}
          disabled={disabled}
          complaint={complaint("deny")}
          onInput={(value) => change("deny", value)}
        />
      </div>
    </Fold>
  );
}

export function Freshness({ draft, change, complaint, disabled }: Editing) {
  return (
    <Fold
      title="Freshness of tags"
      summary={draft.ttl ? `asked again after ${draft.ttl}` : "as set for all"}
    >
      <TextField
        label="Serve a tag without asking upstream for"
        hint="A duration such as 10m or 1h. 0 asks at every pull. Empty: cache.manifests.ttl holds."
        placeholder="10m"
        value={draft.ttl}
        disabled={disabled}
        complaint={complaint("manifests.ttl")}
        onInput={(value) => change("ttl", value)}
      />
    </Fold>
  );
}

const REDIRECTS = [
  { value: "follow", text: "Follow and cache (recommended)" },
  { value: "pass", text: "Hand to the client; nothing is cached" },
] as const;

export function Network({ draft, change, complaint, disabled }: Editing) {
  const summary = [
    draft.redirects === "pass" && "redirects are passed on",
    draft.insecure_tls && "certificates are not checked",
    draft.ca_file && "own certificate authority",
  ].filter(Boolean).join(", ");
  return (
    <Fold title="Connection" summary={summary || "certificates are checked"}>
      <SelectField
        label="Redirects of the registry"
        value={draft.redirects}
        choices={REDIRECTS}
        disabled={disabled}
        complaint={complaint("redirects")}
        onInput={(value) => change("redirects", value)}
      />
      <TextField
        label="Certificate authority, a PEM file"
        placeholder="/etc/berth/registry-ca.pem"
        value={draft.ca_file}
        disabled={disabled}
        complaint={complaint("ca_file")}
        onInput={(value) => change("ca_file", value)}
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
