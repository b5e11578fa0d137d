/** What the page says, in one place. */
import type { Text } from "../../web/format.ts";

export const WORDS = {
  registries: "Registries",
  upstreamRegistriesAndHowClients: "Upstream registries and how clients address them.",
  addRegistry: "Add registry",
  registryMap: "Registry map",
  changesHoldAtAllBerths:
    "Changes hold at all Berths of the cluster, in an overlay above their files; ",
  theConfigurationFileCannotBe:
    "The configuration file cannot be written. Changes are kept in an overlay above it; ",
  settings: "Settings",
  listsThemAndHasThem: "lists them and has them as YAML.",
  findARegistry: "Find a registry",
  noRegistryMatches: (a: Text) => `No registry matches “${a}”`,
  showAll: "Show all",
  noRegistriesYet: "No registries yet",
  addTheFirstOneIts: "Add the first one: its address is enough.",
  registry: "Registry",
  state: "State",
  addressedAs: "Addressed as",
  pulls24H: "Pulls, 24 h",
  hitRatio: "Hit ratio",
  from: "From",
  default: "Default",
  readOnly: "Read-only",
  and: "and",
  otherWay: "other way",
  test: (a: Text) => `Test ${a}`,
  test2: "Test",
  edit: (a: Text) => `Edit ${a}`,
} as const;
