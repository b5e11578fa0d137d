/** Every command of `berth`, for people: what it does, with examples. */
import { type Command, CONFIG_FLAG, type Flag } from "./command.ts";

/** What `berth cache ls --sort` takes. */
export const SORTS = ["size", "used", "hits"] as const;

export const SHELLS = ["bash", "zsh", "fish"] as const;

const STORE_FLAGS: readonly Flag[] = [
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
const JSON_FLAG: Flag = { name: "--json", meaning: "Print JSON, for scripts." };

/** In the order of the help. Those of one word that others begin with are only headings of them. */
export const COMMANDS: readonly Command[] = [
  {
    name: "serve",
    summary: "Run the registry proxy and its dashboard; also without a command",
    usage: "[flags]",
    settings: true,
    examples: [
      ["berth", "with ./config.yaml, or with the defaults where there is none"],
      ["berth --config /etc/berth/config.yaml", "with that file"],
      ["berth --cache-dir /var/cache/berth --cache-max-size 200GiB", "with more room, elsewhere"],
      ["berth --forward-listen :3128", "with the forward proxy, for HTTPS_PROXY"],
    ],
    about: "Berth runs until SIGTERM or SIGINT, then takes no new connections, gives running " +
      "requests shutdown_grace to finish, and exits with 0. Unfinished downloads resume " +
      "at the next start. SIGHUP, or a change of the file, reloads the configuration " +
      "without dropping a connection.",
  },
  {
    name: "config",
    summary: "The configuration: check, print, migrate",
    usage: "check|print|migrate [flags]",
    examples: [
      ["berth config check --config new.yaml", "is it valid?"],
      ["berth config print", "the effective configuration, and where each value comes from"],
    ],
  },
  {
    name: "config check",
    summary: "Say whether a configuration is valid",
    usage: "[flags]",
    settings: true,
    examples: [
      ["berth config check", "the one that berth would start with here"],
      ["berth config check --config new.yaml", "another file"],
    ],
    about:
      "Problems go to standard error, one per line with file, line and key; the exit code is 2.",
    flags: [JSON_FLAG],
  },
  {
    name: "config print",
    summary: "Print the effective configuration, and where each value comes from",
    usage: "[--json | --all] [flags]",
    settings: true,
    examples: [
      ["berth config print", "every key, those of registries where they are set"],
      ["berth config print --all", "defaults of registries as well"],
      ["berth config print --json | jq .cache", "for scripts"],
    ],
    about: "Secrets are never shown.",
    flags: [
      { name: "--json", meaning: "Values and their origins as JSON." },
      { name: "--all", meaning: "Defaults of registries as well." },
    ],
  },
  {
    name: "config migrate",
    summary: "Write what comes from flags, environment and other files to one file",
    usage: "[--output FILE] [--force] [flags]",
    settings: true,
    examples: [
      ["berth config migrate", "writes config.yaml"],
      ["berth config migrate --output -", "only shows it"],
    ],
    about: "The file may hold secrets that came from the environment.",
    flags: [
      {
        name: "--output",
        short: "-o",
        value: "FILE",
        meaning: 'Where it goes; "-" is standard output.',
        default: "config.yaml",
      },
      { name: "--force", meaning: "Replace a file that is there." },
    ],
  },
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
      ["berth tags ghcr.io/acme/app:v2", "one tag; 1 when it is not here"],
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
    name: "doctor",
    summary: "Check that everything is there that Berth needs, and say what to do",
    usage: "[flags]",
    settings: true,
    examples: [
      ["berth doctor", "1 when there is a problem"],
      ["berth doctor --config new.yaml", "before it is put in place"],
      ["berth doctor --json | jq '.[] | select(.result != \"ok\")'", "for scripts"],
    ],
    about: "Looks at the configuration, ports, the disk under cache.dir, certificates, proxy " +
      "variables, the limit of open files, each registry (name, connection, TLS, sign-in; " +
      "no quota is used), the clock, the coordinator and the depot. Changes nothing, and works " +
      "beside a running Berth and without one.",
    flags: [JSON_FLAG],
  },
  {
    name: "demo",
    summary: "Show a Berth at work within seconds, without a network",
    usage: "[flags]",
    examples: [
      ["berth demo", "then open the dashboard that it names"],
      ["berth demo --listen 127.0.0.1:8080", "where the registry API is known beforehand"],
    ],
    about:
      "Starts a throw-away registry with a few made-up images inside the process, pulls them " +
      "through Berth, takes the registry away, and leaves the dashboard open with something " +
      "to see. Reads no configuration. Everything is in a directory of its own, which is " +
      "removed at the end (Ctrl+C).",
    flags: [
      {
        name: "--listen",
        value: "ADDRESS",
        meaning: "Of the registry API; port 0 is any that is free.",
        default: "127.0.0.1:0",
      },
      {
        name: "--admin-listen",
        value: "ADDRESS",
        meaning: "Of the dashboard, which asks for no sign-in.",
        default: "127.0.0.1:0",
      },
    ],
  },
  {
    name: "prefetch",
    summary: "The warm list: add images to it",
    usage: "add FILE|- [flags]",
    examples: [["kubectl get pods -A -o yaml | berth prefetch add -", "what a cluster runs"]],
  },
  {
    name: "prefetch add",
    summary: "Keep the images warm that a list, a manifest or a compose file names",
    usage: "FILE|- [flags]",
    argument: "any",
    settings: true,
    examples: [
      ["kubectl get pods -A -o yaml | berth prefetch add -", "what a cluster runs"],
      ["helm template . | berth prefetch add - --name shop --every 1h", "what a chart would run"],
      ["berth prefetch add compose.yaml --dry-run", "only list them"],
    ],
    about: "Writes a rule of prefetch to the configuration, in place of the one of that name; a " +
      "running Berth takes it up. Images of registries that are not configured are left out, and " +
      "named.",
    flags: [
      { name: "--name", value: "RULE", meaning: "What the rule is called.", default: "imported" },
      { name: "--platform", value: "A,B", meaning: "Platforms such as linux/amd64." },
      { name: "--every", value: "TIME", meaning: "From one run to the next, such as 6h." },
      { name: "--dry-run", meaning: "Write nothing." },
      JSON_FLAG,
    ],
  },
  {
    name: "pull",
    summary: "Pull images into the cache before a client asks",
    usage: "IMAGE... [flags]",
    argument: "any",
    examples: [
      ["berth pull nginx:1.27", "for the platform that Berth runs on"],
      ["berth pull quay.io/org/app:2 --platform linux/amd64,linux/arm64", "for two platforms"],
      ["berth pull alpine --all-platforms --with-referrers", "everything there is of it"],
    ],
    about: "A running Berth pulls it, with its own credentials; without one this command does. " +
      "What is here is not fetched again. Interrupted, it calls the pull off and keeps what " +
      "has come. 1 where an image did not come whole.",
    flags: [
      {
        name: "--platform",
        value: "A,B",
        meaning: "Platforms such as linux/arm64; without it those of registries.*.platforms, " +
          "or the one that Berth runs on.",
      },
      { name: "--all-platforms", meaning: "Every platform that the image has." },
      { name: "--with-referrers", meaning: "Signatures, attestations and SBOMs, too." },
      JSON_FLAG,
      ...STORE_FLAGS,
    ],
  },
  {
    name: "ca",
    summary: "Print the certificate that clients of the forward proxy must trust",
    usage: "[flags]",
    settings: true,
    examples: [
      ["berth ca > berth-ca.crt", "the fingerprint goes to standard error"],
      ["curl -O http://berth.example.com:3128/ca.crt", "the same, from a running Berth"],
    ],
    about: "It signs for the registries of forward.intercept and for no other name. It is made " +
      "where there is none yet.",
    flags: [JSON_FLAG],
  },
  {
    name: "hash-password",
    summary: "Make the hash of a password, for the configuration",
    usage: "",
    examples: [
      ["berth hash-password", "asks for the password twice"],
      ['printf %s "$PASSWORD" | berth hash-password', "for scripts"],
    ],
    about: "For admin.password_hash, admin.tokens and users.",
    flags: [JSON_FLAG],
  },
  {
    name: "healthcheck",
    summary: "Check that the server is healthy (exit code 0)",
    usage: "[flags]",
    settings: true,
    examples: [
      ["berth healthcheck", "for a container's HEALTHCHECK"],
      ["berth healthcheck --listen :5000", "of one that was started with this flag"],
    ],
    about: "Asks /healthz at the address that the same configuration listens on, for five " +
      "seconds at most. With TLS any certificate is accepted: checking it is up to clients.",
    flags: [JSON_FLAG],
  },
  {
    name: "completions",
    summary: "Print completions for a shell",
    usage: SHELLS.join("|"),
    argument: SHELLS,
    examples: [
      ["berth completions bash > /etc/bash_completion.d/berth", ""],
      ["berth completions zsh > /usr/local/share/zsh/site-functions/_berth", ""],
      ["berth completions fish > ~/.config/fish/completions/berth.fish", ""],
    ],
  },
  {
    name: "version",
    summary: "Print the version and the commit it was made from",
    usage: "",
    examples: [["berth version", ""]],
    flags: [JSON_FLAG],
  },
];

/** The command of that name; throws where there is none. */
export function commandNamed(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name);
  if (!found) throw new Error(`there is no command ${name}`);
  return found;
}

/** A command that only heads others. */
export function isGroup(command: Command, all: readonly Command[] = COMMANDS): boolean {
  return all.some(({ name }) => name.startsWith(`${command.name} `));
}
