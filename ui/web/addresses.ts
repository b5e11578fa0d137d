/** The ways in which a client says that it means a registry, the most natural first. */
import type { Address } from "../api/schema/registries.ts";

const ORDER: readonly Address["kind"][] = ["default", "host", "path", "prefix", "ns"];

/** Addresses by kind, in the order in which one would tell them. */
export function addressesByKind(addresses: readonly Address[]): [Address["kind"], string[]][] {
  const groups = ORDER.map((kind): [Address["kind"], string[]] => [
    kind,
    addresses.filter((address) => address.kind === kind).map(({ text }) => text),
  ]);
  return groups.filter(([, texts]) => texts.length > 0);
}

/** The address that one would tell a colleague; a dash where there is none. */
export function plainestAddress(addresses: readonly Address[]): string {
  return addressesByKind(addresses)[0]?.[1][0] ?? "–";
}
