/** The images that a text names: a list, or Kubernetes manifests, a compose file, kubectl's output. Pure. */
import { parseAllDocuments } from "yaml";

/** A text that names no image in any way that is known; the message says what was expected. */
export class NoImages extends Error {
  override readonly name = "NoImages";
}

/** Lists of a pod's containers (Kubernetes API, PodSpec). */
const CONTAINERS = ["containers", "initContainers", "ephemeralContainers"];
/** As deep as anybody nests; what is deeper is not looked at. */
const DEEPEST = 40;

/**
 * Every image in `text`, once, in its order: of pods and whatever has a template of them (also in
 * lists, as kubectl prints them, as YAML or JSON), of a compose file's services, or one per line, with
 * `#` for comments. Throws {@linkcode NoImages} where there is none, or a line is none.
 */
export function imagesIn(text: string): string[] {
  const documents = structured(text);
  const found = new Set<string>();
  if (documents) { for (const document of documents) collect(document, found, 0); }
  else for (const image of linesOf(text)) found.add(image);
  if (found.size > 0) return [...found];
  throw new NoImages(
    "no image found; expected Kubernetes manifests, a compose file, or one image per line",
  );
}

/** The documents in `text`, as YAML or JSON; undefined where it is neither. */
function structured(text: string): unknown[] | undefined {
  const documents = parseAllDocuments(text, { logLevel: "silent" });
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) {
    return undefined;
  }
  const values: unknown[] = documents.map((document) => document.toJS());
  const some = values.some((value) => typeof value === "object" && value !== null);
  return some ? values : undefined;
}

function collect(value: unknown, found: Set<string>, depth: number): void {
  if (depth > DEEPEST || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    // A list of images in YAML's form, at the top of a document.
    for (const item of value) {
      if (depth === 0 && typeof item === "string") found.add(item);
      else collect(item, found, depth + 1);
    }
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    const holders = CONTAINERS.includes(key) && Array.isArray(inner)
      ? inner
      : key === "services" && depth === 0
      ? Object.values(Object(inner))
      : [];
    for (const holder of holders) {
      const { image } = Object(holder) as { image?: unknown };
      if (typeof image === "string" && image !== "") found.add(image);
    }
    collect(inner, found, depth + 1);
  }
}

function* linesOf(text: string): Generator<string> {
  for (const [index, line] of text.split("\n").entries()) {
    const [image = "", ...more] = line.replace(/#.*$/, "").trim().split(/\s+/);
    if (image === "") continue;
    if (more.length > 0 || !/^[\w.:/@-]+$/.test(image)) {
      throw new NoImages(
        `line ${index + 1}: found ${JSON.stringify(line.trim().slice(0, 80))}, ` +
          "expected an image such as docker.io/library/nginx:1.27",
      );
    }
    yield image;
  }
}
