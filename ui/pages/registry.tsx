/** One registry: add it, change it, delete it. */
import { PageHead } from "../components/page_head.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { Health } from "../components/health.tsx";
import { Ago } from "../components/ago.tsx";
import type { RegistryHealth } from "../api/schema/status.ts";
import { now } from "../web/clock.ts";
import { formatDuration } from "../web/format.ts";
import { may } from "../web/session.ts";
import { useResource } from "../web/resource.ts";
import { ReadOnly } from "./registries.tsx";
import { RegistryActivity } from "./registry/activity.tsx";
import { RegistryForm } from "./registry/form.tsx";
import { WORDS } from "./registry/words.ts";

const PARENT = { href: "/registries", text: WORDS.registries };

export function NewRegistry() {
  const list = useResource("/registries", {});
  return (
    <>
      <PageHead
        title={WORDS.addRegistry}
        parent={PARENT}
        lead={WORDS.aNameAndTheRegistrys}
      />
      {!may("registries") && <ReadOnly reason={WORDS.yourRoleMayNotAdd} />}
      <Loaded resource={list}>
        {(data) => (
          <>
            {data.readOnlyReason && <ReadOnly reason={data.readOnlyReason} />}
            <RegistryForm list={data} registry={undefined} />
          </>
        )}
      </Loaded>
    </>
  );
}

export function EditRegistry({ name }: { name: string }) {
  const list = useResource("/registries", {});
  const registry = list.data?.items.find((item) => item.name === name);
  return (
    <>
      <PageHead
        title={name}
        parent={PARENT}
        lead={registry && <State health={registry.health} />}
      />
      <Loaded resource={list}>
        {(data) =>
          registry
            ? (
              <>
                {(registry.readOnlyReason || data.readOnlyReason) && may("registries") && (
                  <ReadOnly reason={registry.readOnlyReason || data.readOnlyReason} />
                )}
                <RegistryActivity registry={registry} />
                <RegistryForm list={data} registry={registry} />
              </>
            )
            : (
              <section class="panel">
                <Nothing icon="registries" title={WORDS.thereIsNoRegistryCalled(name)}>
                  <a class="button" href="/registries">{WORDS.allRegistries}</a>
                </Nothing>
              </section>
            )}
      </Loaded>
    </>
  );
}

/** How the registry is, for how long, and when it last answered. */
function State({ health }: { health: RegistryHealth }) {
  const { since, lastOk } = health;
  return (
    <>
      <Health health={health} />
      {since !== null && (
        <span class="muted small">
          {WORDS.for(formatDuration(Math.max(1000, now.value - since)))}
        </span>
      )}
      {lastOk !== null && (
        <span class="muted small">
          {" · answered "}
          <Ago time={lastOk} />
        </span>
      )}
    </>
  );
}
