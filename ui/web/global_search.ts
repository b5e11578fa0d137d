/** Finding pages, registries, images, clients and keys of the configuration by a few letters. Pure. */
import { imagePath } from "./image_path.ts";
import { clientPath, registryPath } from "./paths.ts";

/** Something that was found, and where it is. */
export interface Found {
  kind: "Page" | "Registry" | "Image" | "Client" | "Setting" | "Pull";
  text: string;
  href: string;
  /** The image that choosing it pulls; none: it only leads to its page. */
  pull?: string;
}

/** What is searched, beside the pages. */
export interface Known {
  registries: readonly string[];
  /** Repositories that the server found for the letters. */
  images: readonly { registry: string; repository: string }[];
  /** Clients that it found for them. */
  clients: readonly { client: string; name: string; user: string }[];
  /** Keys such as `cache.max_size`. */
  keys: readonly string[];
  /** Whether who searches may have Berth pull images. */
  mayPull?: boolean;
}

const PAGES: [text: string, href: string][] = [
  ["Overview", "/"],
  ["Notices", "/notices"],
  ["Registries", "/registries"],
  ["Add registry", "/registries/new"],
  ["Cache: images", "/cache"],
  ["Cache: digests", "/cache/blobs"],
  ["Cache: prefetch", "/cache/prefetch"],
  ["Cache: frozen tags", "/cache/tag"],
  ["Activity", "/activity"],
  ["Activity: pulls", "/activity/pulls"],
  ["Activity: clients", "/activity/clients"],
  ["Connect a client", "/connect"],
  ["Settings", "/settings"],
  ["Policy: what may come through", "/settings/policy"],
  ["API tokens", "/settings/tokens"],
  ["Audit log", "/settings/audit"],
];

/** As many of each kind are told. */
const MOST = 6;

/**
 * What fits `text`, by kind, names that begin with it first. With a tag (`alpine:3.22`) images are
 * those with that tag, otherwise their repositories; a digest leads to its own page.
 */
export function find(text: string, known: Known): Found[] {
  const wanted = text.trim().toLowerCase();
  if (/^sha(256|512):[0-9a-f]{32,}$/.test(wanted)) {
    return [{ kind: "Image", text: wanted, href: `/cache/blobs/${wanted}` }];
  }
  const { name, tag } = splitTag(wanted);
  const pages = PAGES.map(([text, href]): Found => ({ kind: "Page", text, href }));
  const registries = known.registries.map((text): Found => ({
    kind: "Registry",
    text,
    href: registryPath(text),
  }));
  const images = known.images.map(({ registry, repository }): Found => {
    const reference = tag && { registry, repository, reference: tag };
    const query = new URLSearchParams({ registry, q: repository });
    return {
      kind: "Image",
      text: `${registry}/${repository}${tag && `:${tag}`}`,
      href: reference ? imagePath(reference) : `/cache?${query}`,
    };
  });
  const clients = known.clients.map(({ client, name, user }): Found => ({
    kind: "Client",
    text: [name, client, user].filter((part) => part).join(", "),
    href: `${clientPath(client, user)}&reach=30d`,
  }));
  const keys = known.keys.map((text): Found => ({
    kind: "Setting",
    text,
    href: `/settings?q=${encodeURIComponent(text)}`,
  }));
  return [
    ...best(pages, wanted),
    ...best(registries, wanted),
    ...best(images, name),
    ...(wanted === "" ? [] : [...best(clients, wanted), ...best(keys, wanted)]),
    ...(known.mayPull && IMAGE.test(text.trim()) ? [pullOf(text.trim())] : []),
  ];
}

/** An image with a tag or a digest: of one without, letters of anything cannot be told apart. */
const IMAGE = /^[a-z0-9][\w.-]*(:\d+)?(\/[\w.-]+)*(:\w[\w.-]*|@sha(256|512):[0-9a-f]{64,})$/;

function pullOf(image: string): Found {
  return { kind: "Pull", text: `Pull ${image} now`, href: "/cache/prefetch", pull: image };
}

/** `alpine:3.22` as a name and a tag; the tag is empty where there is none. */
export function splitTag(text: string): { name: string; tag: string } {
  const [, name = text, tag = ""] = /^(.+):([\w][\w.-]*)$/.exec(text) ?? [];
  return { name, tag };
}

function best(all: readonly Found[], wanted: string): Found[] {
  const rank = ({ text }: Found) => {
    const at = text.toLowerCase().indexOf(wanted);
    if (at < 0) return Infinity;
    return at === 0 ? 0 : /[/.:\s,]/.test(text[at - 1]!) ? 1 : 2;
  };
  return all.filter((found) => rank(found) < Infinity)
    .sort((a, b) => rank(a) - rank(b)).slice(0, MOST);
}
