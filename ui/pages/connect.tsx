/** What to type on a client so that it pulls through this server. */
import { useSignal } from "@preact/signals";
import type { Connect } from "../api/schema/connect.ts";
import { Panel } from "../components/panel.tsx";
import { Snippet } from "../components/snippet.tsx";
import { SelectField } from "../components/choice.tsx";
import { TextField } from "../components/field.tsx";
import { PageHead } from "../components/page_head.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { query, setQuery } from "../web/location.ts";
import { useResource } from "../web/resource.ts";
import {
  type Client,
  clientsFor,
  serverUrl,
  signInNote,
  type Target,
  targetOf,
} from "../web/snippets.ts";

const WORDS = {
  connectAClient: "Connect a client",
  imageNamesStayTheSame: "Image names stay the same; the client asks Berth first.",
  noRegistryIsConfigured: "No registry is configured",
  addRegistry: "Add registry",
  registry: "Registry",
  thisServerAsTheClient: "This server, as the client reaches it",
  expectedAnAddressSuchAs: "expected an address such as https://berth.example.com",
  client: "Client",
  tryIt: "Try it",
  itAppearsUnder: "It appears under",
  activity: "Activity",
  theSecondTimeItIs: "; the second time it is a hit.",
} as const;

export function ConnectPage({ client }: { client: string }) {
  const connect = useResource("/connect", {});
  return (
    <>
      <PageHead
        title={WORDS.connectAClient}
        lead={WORDS.imageNamesStayTheSame}
      />
      <Loaded resource={connect}>{(data) => <Choices connect={data} client={client} />}</Loaded>
    </>
  );
}

function Choices({ connect, client: wanted }: { connect: Connect; client: string }) {
  const given = serverUrl(connect, location.hostname);
  const url = useSignal(given);
  const clients = clientsFor(connect);
  const client = clients.find(({ id }) => id === wanted) ?? clients[0]!;
  const name = query.value.get("registry") ?? connect.defaultRegistry;
  const registry = connect.registries.find((one) => one.name === name) ?? connect.registries[0];
  if (!registry) {
    return (
      <section class="panel">
        <Nothing icon="registries" title={WORDS.noRegistryIsConfigured}>
          <a class="button" href="/registries/new">{WORDS.addRegistry}</a>
        </Nothing>
      </section>
    );
  }
  const valid = /^https?:$/.test(URL.parse(url.value)?.protocol ?? "");
  const suffix = query.value.size > 0 ? `?${query.value}` : "";
  return (
    <div class="connect">
      <ClientList clients={clients} current={client} suffix={suffix} />
      <div class="section">
        <div class="fields two">
          <SelectField
            label={WORDS.registry}
            value={registry.name}
            choices={connect.registries.map(({ name, host }) => ({
              value: name,
              text: name === host ? name : `${name} (${host})`,
            }))}
            onInput={(value) => setQuery({ registry: value })}
          />
          <TextField
            label={WORDS.thisServerAsTheClient}
            type="url"
            value={url.value}
            complaint={valid ? "" : WORDS.expectedAnAddressSuchAs}
            onInput={(value) => url.value = value}
          />
        </div>
        <Steps
          client={client}
          target={targetOf(connect, registry, valid ? url.value : given)}
        />
      </div>
    </div>
  );
}

function ClientList(
  { clients, current, suffix }: { clients: readonly Client[]; current: Client; suffix: string },
) {
  return (
    <nav class="clients" aria-label={WORDS.client}>
      {[...Map.groupBy(clients, ({ group }) => group)].map(([group, members]) => [
        <p key={group} class="muted">{group}</p>,
        ...members.map(({ id, name }) => (
          <a
            key={id}
            href={`/connect/${id}${suffix}`}
            aria-current={id === current.id ? "page" : undefined}
          >
            {name}
          </a>
        )),
      ])}
    </nav>
  );
}

function Steps({ client, target }: { client: Client; target: Target }) {
  const notes = [client.note(target), signInNote(client, target)].filter((note) => note !== "");
  return (
    <Panel title={client.name}>
      <div class="panel-body stack">
        {notes.map((note) => <p key={note} class="muted">{note}</p>)}
        <ol class="how">
          {client.steps(target).map(({ title, file, text }) => (
            <li key={title}>
              <h3>{title}</h3>
              <Snippet file={file} text={text} />
            </li>
          ))}
          <li>
            <h3>{WORDS.tryIt}</h3>
            <Snippet text={client.test(target)} />
            <p class="muted">
              {WORDS.itAppearsUnder} <a href="/activity">{WORDS.activity}</a>
              {WORDS.theSecondTimeItIs}
            </p>
          </li>
        </ol>
      </div>
    </Panel>
  );
}
