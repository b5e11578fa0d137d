import { type Choice, SelectField } from "../../components/choice.tsx";
import { TextField } from "../../components/field.tsx";
import type { Draft, SignIn } from "../../web/draft.ts";
import type { Editing } from "./editing.ts";

const CHOICES: readonly Choice<SignIn>[] = [
  { value: "anonymous", text: "Anonymous" },
  { value: "password", text: "User name and password" },
  { value: "token", text: "Identity token" },
  { value: "header", text: "Authorization header" },
  { value: "docker", text: "A Docker configuration file" },
  { value: "ecr", text: "AWS keys (ECR)" },
  { value: "client", text: "Each client uses its own credentials" },
];

const HINTS: Record<SignIn, string> = {
  anonymous: "Only public images.",
  password: "",
  token: "",
  header: "Sent unchanged with every request to this registry.",
  docker: "Signs in as docker login did; the file is read again when it changes.",
  ecr: "",
  client: "A cached image is served only to clients that the registry allows to read it.",
};

/** How to sign in, and what that takes. */
export function SignInFields(editing: Editing) {
  const { draft, change, disabled } = editing;
  return (
    <>
      <SelectField
        label="Sign-in"
        value={draft.signIn}
        choices={CHOICES}
        hint={HINTS[draft.signIn]}
        disabled={disabled}
        complaint={editing.complaint("auth.mode")}
        onInput={(value) => change("signIn", value)}
      />
      <Details {...editing} />
    </>
  );
}

function Details(editing: Editing) {
  switch (editing.draft.signIn) {
    case "password":
      return (
        <div class="fields two">
          <Plain editing={editing} label="User name" name="username" />
          <Secret editing={editing} label="Password" name="password" />
          <Plain editing={editing} label="…or a file that holds it" name="password_file" />
        </div>
      );
    case "token":
      return (
        <div class="fields two">
          <Plain editing={editing} label="User name" name="username" />
          <Secret editing={editing} label="Identity token" name="identity_token" />
          <Plain editing={editing} label="…or a file that holds it" name="identity_token_file" />
        </div>
      );
    case "header":
      return (
        <div class="fields two">
          <Secret editing={editing} label="Header" name="header" />
          <Plain editing={editing} label="…or a file that holds it" name="header_file" />
        </div>
      );
    case "docker":
      return <Plain editing={editing} label="File" name="docker_config" />;
    case "ecr":
      return (
        <div class="fields two">
          <Plain editing={editing} label="Region" name="ecr_region" />
          <Plain editing={editing} label="Access key id" name="ecr_access_key_id" />
          <Secret editing={editing} label="Secret access key" name="ecr_secret_access_key" />
          <Plain
            editing={editing}
            label="…or a file that holds it"
            name="ecr_secret_access_key_file"
          />
        </div>
      );
    case "anonymous":
    case "client":
      return null;
  }
}

type TextKey = { [K in keyof Draft]: Draft[K] extends string ? K : never }[keyof Draft];

interface EntryProps {
  editing: Editing;
  label: string;
  name: Exclude<TextKey, "signIn" | "redirects">;
}

const pathOf = (name: string): string => `auth.${name.replace(/^ecr_/, "ecr.")}`;

/** What both kinds of entries tell and do. */
function bind({ editing, name }: EntryProps) {
  const override = editing.override(pathOf(name));
  return {
    value: editing.draft[name],
    disabled: editing.disabled || override !== "",
    hint: override && `Set by ${override}.`,
    complaint: editing.complaint(pathOf(name)),
    onInput: (value: string) => editing.change(name, value),
  };
}

function Plain(props: EntryProps) {
  return <TextField label={props.label} {...bind(props)} />;
}

function Secret(props: EntryProps) {
  const set = props.editing.secrets.includes(pathOf(props.name));
  return (
    <TextField
      label={props.label}
      type="password"
      autocomplete="new-password"
      placeholder={set ? "Set. Type to replace it" : ""}
      {...bind(props)}
    />
  );
}
