import { Breakable } from "../../components/breakable.tsx";
import { addressesByKind } from "../../web/addresses.ts";
import type { Address, RegistryView } from "../../api/schema/registries.ts";
import { WORDS } from "./words.ts";

const KINDS: Record<Address["kind"], string> = {
  default: "Without naming a registry",
  host: "By host name",
  path: "In front of the image's name",
  prefix: "As a mirror with a path (Docker)",
  ns: "By namespace (containerd, BuildKit)",
};

/** How clients say that they mean this registry. */
export function Addresses({ registry }: { registry: RegistryView }) {
  return (
    <section class="panel" aria-label={WORDS.addresses}>
      <div class="panel-head">
        <h2>{WORDS.howClientsReachIt}</h2>
        <a href={`/connect?registry=${registry.name}`}>{WORDS.connect}</a>
      </div>
      <ul class="addresses panel-body">
        {addressesByKind(registry.addresses).map(([kind, texts]) => (
          <li key={kind}>
            <span class="muted small">{KINDS[kind]}</span>
            {texts.map((text) => (
              <code key={text}>
                <Breakable text={text} />
              </code>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}
