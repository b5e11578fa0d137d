/** One registry: add it, change it, delete it. */
import { PageHead } from "../components/shell.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { Health } from "../components/health.tsx";
import { useResource } from "../web/resource.ts";
import { ReadOnly } from "./registries.tsx";
import { RegistryForm } from "./registry/form.tsx";

const PARENT = { href: "/registries", text: "Registries" };

export function NewRegistry() {
  const list = useResource("/registries", {});
  return (
    <>
      <PageHead
        title="Add registry"
        parent={PARENT}
        lead="A name and the registry's address are enough. Test it before saving."
      />
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
        lead={registry && <Health health={registry.health} />}
      />
      <Loaded resource={list}>
        {(data) =>
          registry
            ? (
              <>
                {(registry.readOnlyReason || data.readOnlyReason) && (
                  <ReadOnly reason={registry.readOnlyReason || data.readOnlyReason} />
                )}
                <RegistryForm list={data} registry={registry} />
              </>
            )
            : (
              <section class="panel">
                <Nothing icon="registries" title={`There is no registry called ${name}`}>
                  <a class="button" href="/registries">All registries</a>
                </Nothing>
              </section>
            )}
      </Loaded>
    </>
  );
}
