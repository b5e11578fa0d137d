/** Every command of `berth`, for people: what it does, with examples. */
import { BUNDLE_COMMANDS } from "./bundle/commands.ts";
import { CACHE_COMMANDS, STORE_FLAGS } from "./cache_commands.ts";
import { type Command, JSON_FLAG } from "./command.ts";
import { PLATFORM_FLAG, REFERRERS_FLAG } from "./wanted.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;

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
  ...CACHE_COMMANDS,
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
      PLATFORM_FLAG,
      { name: "--all-platforms", meaning: "Every platform that the image has." },
      REFERRERS_FLAG,
      JSON_FLAG,
      ...STORE_FLAGS,
    ],
  },
  ...BUNDLE_COMMANDS,
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
