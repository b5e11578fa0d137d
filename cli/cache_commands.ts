/** The commands about what is cached, for people. */
import { type Command, CONFIG_FLAG, type Flag, JSON_FLAG } from "./command.ts";

/** What `berth cache ls --sort` takes. */
export const SORTS = ["size", "used", "hits"] as const;

/** Of every command that looks into the cache. */
export const STORE_FLAGS: readonly Flag[] = [
  CONFIG_FLAG,
  {
    name: "--cache-dir",
    value: "DIRECTORY",
    meaning: "Another directory than the configuration's.",
  },
];

const DIGEST_FLAG: Flag = {
  name: "--digest",
  value: "DIGEST",
  meaning: "Another digest than the one that the tag stood for last.",
};

/** In the order of the help. */
export const CACHE_COMMANDS: readonly Command[] = [
  {
    name: "cache",
    summary: "What is stored: list, count, pin, evict, verify",
    usage: "ls|stat|images|pin|unpin|evict|verify [flags]",
    examples: [
      ["berth cache images alpine", "is it cached, and which tags of it?"],
      ["berth cache ls --sort size --limit 10", "the ten largest blobs"],
      ["berth cache evict docker/library/alpine:3.20", "an image of Docker Hub"],
    ],
    about: "Works beside a running Berth and without one.",
  },
  {
    name: "cache ls",
    summary: "List the blobs that are stored",
    usage: "[flags]",
    examples: [
      ["berth cache ls", "what was used last"],
      ["berth cache ls --sort size --limit 10", "the ten largest"],
      ["berth cache ls --json | jq -r '.[].digest'", "for scripts"],
    ],
    flags: [
      { name: "--sort", value: SORTS.join("|"), meaning: "The order.", default: "used" },
      { name: "--limit", value: "N", meaning: "How many.", default: "50" },
      JSON_FLAG,
      ...STORE_FLAGS,
    ],
  },
  {
    name: "cache stat",
    summary: "Say how much is stored, pinned and free",
    usage: "[flags]",
    examples: [["berth cache stat", ""]],
    flags: [JSON_FLAG, ...STORE_FLAGS],
  },
  {
    name: "cache images",
    summary: "List the images that are stored",
    usage: "[PATTERN] [flags]",
    argument: "any",
    examples: [
      ["berth cache images", "every tag of every repository"],
      ["berth cache images alpine:3.20", "one image; exit code 1 when it is not cached"],
      ["berth cache images 'docker/library/*:3.*'", "those that match"],
      ["berth cache images --json | jq -r '.[].repository'", "for scripts"],
    ],
    about: "PATTERN is an image as in a pull, or a glob on REGISTRY/REPOSITORY[:TAG] in which * " +
      "goes across slashes. What two images share counts for both.",
    flags: [JSON_FLAG, ...STORE_FLAGS],
  },
  {
    name: "cache pin",
    summary: "Keep images from being evicted; without a pattern, list the pins",
    usage: "[PATTERN] [flags]",
    argument: "any",
    examples: [
      ["berth cache pin alpine:3.20", "an image of the default registry"],
      ["berth cache pin 'docker/library/*'", "every official image"],
      ["berth cache pin", "what is pinned"],
    ],
    about: "PATTERN is an image as in a pull, a digest, or a glob on REGISTRY/REPOSITORY:TAG in " +
      "which * goes across slashes. It holds for what comes later too.",
    flags: [JSON_FLAG, ...STORE_FLAGS],
  },
  {
    name: "cache unpin",
    summary: "Take a pin back",
    usage: "PATTERN [flags]",
    argument: "any",
    examples: [["berth cache unpin alpine:3.20", ""]],
    about: "Pins of the configuration (cache.pin) are removed there.",
    flags: [JSON_FLAG, ...STORE_FLAGS],
  },
  {
    name: "cache evict",
    summary: "Remove content, by digest, image or age",
    usage: "DIGEST | [REGISTRY/]REPOSITORY[:TAG] | --older-than TIME [flags]",
    argument: "any",
    examples: [
      [
        "berth cache evict docker/library/alpine:3.20 --dry-run",
        "what evicting this image would remove",
      ],
      ["berth cache evict quay.io/prometheus/prometheus", "every tag of a repository"],
      ["berth cache evict --older-than 30d", "content not used for 30 days"],
    ],
    about: "What other images share, what is pinned and what is being sent stays. A digest may " +
      "be shortened as long as only one blob matches. 1 when there is no such image or blob.",
    flags: [
      {
        name: "--older-than",
        value: "TIME",
        meaning: "Content last used longer ago than this, e.g. 30d.",
      },
      { name: "--dry-run", meaning: "Only say what would be evicted." },
      { name: "--pinned", meaning: "Pinned content as well." },
      JSON_FLAG,
      ...STORE_FLAGS,
    ],
  },
  {
    name: "cache verify",
    summary: "Hash everything that is stored; what is damaged is set aside",
    usage: "[flags]",
    examples: [["berth cache verify", "1 when something was damaged"]],
    flags: [JSON_FLAG, ...STORE_FLAGS],
  },
  {
    name: "tags",
    summary: "List what the tags of an image stand for, and how long that is believed",
    usage: "IMAGE [flags]",
    argument: "any",
    examples: [
      ["berth tags alpine", "every tag that is stored"],
      ["berth tags ghcr.io/acme/app:v2", "one tag; exit code 1 when it is not cached"],
      ["berth tags alpine:3.22 --json | jq -r '.[0].digest'", "for scripts"],
    ],
    about: "IMAGE is spelled as in a pull. A tag that was checked upstream is believed for " +
      "cache.manifests.ttl; then it is asked for again at the next pull.",
    flags: [JSON_FLAG, ...STORE_FLAGS],
  },
  {
    name: "freeze",
    summary: "Have a tag stand for one digest, whatever its registry says",
    usage: "IMAGE:TAG [--digest DIGEST] [flags]",
    argument: "any",
    examples: [
      ["berth freeze alpine:3.22", "what it stood for last"],
      ["berth freeze ghcr.io/acme/app:v2 --digest sha256:…", "roll back to what it was"],
    ],
    about:
      "The digest has to be in the cache as a whole, and is pinned. berth tags IMAGE:TAG lists " +
      "what a tag has stood for.",
    flags: [DIGEST_FLAG, JSON_FLAG, ...STORE_FLAGS],
  },
  {
    name: "unfreeze",
    summary: "Have a tag stand for what its registry says again",
    usage: "IMAGE:TAG [flags]",
    argument: "any",
    examples: [["berth unfreeze alpine:3.22", "1 when it is not frozen"]],
    flags: [JSON_FLAG, ...STORE_FLAGS],
  },
  {
    name: "release",
    summary: "Let through what is held back because it is new",
    usage: "IMAGE:TAG|PATTERN [--digest DIGEST] [flags]",
    argument: "any",
    examples: [
      ["berth release acme/app:v2", "what it stands for now"],
      ["berth release 'docker/acme/*:*'", "everything of that name that is known by now"],
    ],
    flags: [DIGEST_FLAG, JSON_FLAG, ...STORE_FLAGS],
  },
  {
    name: "policy try",
    summary: "Tell what policy.rules would have refused of the last 30 days' pulls",
    usage: "[flags]",
    examples: [
      ["berth policy try --config new.yaml", "rules that are not effective yet"],
      ["berth policy try --json | jq '.items[].image'", "for scripts"],
    ],
    about:
      "Nothing is changed. What an image says of itself is read from the cache; where it has " +
      "gone from there, or it is not recorded which image of an index was pulled, that is said.",
    flags: [JSON_FLAG, ...STORE_FLAGS],
  },
];
