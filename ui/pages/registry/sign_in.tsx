import { type Choice, SelectField } from "../../components/choice.tsx";
import { TextField } from "../../components/field.tsx";
import type { Draft, SignIn } from "../../web/draft.ts";
import type { Editing } from "./editing.ts";
import { WORDS } from "./words.ts";

const CHOICES: readonly Choice<SignIn>[] = [
  { value: "anonymous", text: WORDS.anonymous },
  { value: "password", text: WORDS.userNameAndPassword },
  { value: "token", text: WORDS.identityToken },
  { value: "header", text: WORDS.authorizationHeader },
  { value: "docker", text: WORDS.aDockerConfigurationFile },
  { value: "ecr", text: WORDS.awsKeysEcr },
  { value: "client", text: WORDS.eachClientUsesItsOwn },
];

const HINTS: Record<SignIn, string> = {
  anonymous: WORDS.onlyPublicImages,
  password: "",
  token: "",
  header: WORDS.sentUnchangedWithEveryRequest,
  docker: WORDS.signsInAsDockerLogin,
  ecr: "",
  client: WORDS.aCachedImageIsServed,
};

/** How to sign in, and what that takes. */
export function SignInFields(editing: Editing) {
  const { draft, change, disabled } = editing;
  return (
    <>
      <SelectField
        label={WORDS.signIn}
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
          <Plain editing={editing} label={WORDS.userName} name="username" />
          <Secret editing={editing} label={WORDS.password} name="password" />
          <Plain editing={editing} label={WORDS.orAFileThatHolds} name="password_file" />
        </div>
      );
    case "token":
      return (
        <div class="fields two">
          <Plain editing={editing} label={WORDS.userName} name="username" />
          <Secret editing={editing} label={WORDS.identityToken} name="identity_token" />
          <Plain editing={editing} label={WORDS.orAFileThatHolds} name="identity_token_file" />
        </div>
      );
    case "header":
      return (
        <div class="fields two">
          <Secret editing={editing} label={WORDS.header} name="header" />
          <Plain editing={editing} label={WORDS.orAFileThatHolds} name="header_file" />
        </div>
      );
    case "docker":
      return <Plain editing={editing} label={WORDS.file} name="docker_config" />;
    case "ecr":
      return (
        <div class="fields two">
          <Plain editing={editing} label={WORDS.region} name="ecr_region" />
          <Plain editing={editing} label={WORDS.accessKeyId} name="ecr_access_key_id" />
          <Secret editing={editing} label={WORDS.secretAccessKey} name="ecr_secret_access_key" />
          <Plain
            editing={editing}
            label={WORDS.orAFileThatHolds}
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
    hint: override && WORDS.setBy(override),
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
      placeholder={set ? WORDS.setTypeToReplaceIt : ""}
      {...bind(props)}
    />
  );
}
