/** The dashboard's pages and their addresses. */

export type Route =
  | { page: "overview" }
  | { page: "registries" }
  | { page: "registry"; name: string }
  | { page: "registry-new" }
  | { page: "images" }
  | { page: "blobs" }
  | { page: "blob"; digest: string }
  | { page: "activity" }
  | { page: "request"; id: string }
  | { page: "connect"; client: string }
  | { page: "settings" }
  | { page: "login" }
  | { page: "unknown" };

/** Which page `path` means. Names in it are percent-decoded; what cannot be is an unknown page. */
export function matchRoute(path: string): Route {
  let parts: string[];
  try {
    parts = path.split("/").filter((part) => part !== "").map(decodeURIComponent);
  } catch {
    return { page: "unknown" };
  }
  const [first, second, third] = parts;
  switch (parts.length) {
    case 0:
      return { page: "overview" };
    case 1:
      return single(first!);
    case 2:
      return pair(first!, second!);
    case 3:
      return first === "cache" && second === "blobs"
        ? { page: "blob", digest: third! }
        : { page: "unknown" };
    default:
      return { page: "unknown" };
  }
}

function single(name: string): Route {
  switch (name) {
    case "registries":
    case "activity":
    case "settings":
    case "login":
      return { page: name };
    case "cache":
      return { page: "images" };
    case "connect":
      return { page: "connect", client: "" };
    default:
      return { page: "unknown" };
  }
}

function pair(first: string, second: string): Route {
  switch (first) {
    case "registries":
      return second === "new" ? { page: "registry-new" } : { page: "registry", name: second };
    case "cache":
      return second === "blobs" ? { page: "blobs" } : { page: "unknown" };
    case "activity":
      return { page: "request", id: second };
    case "connect":
      return { page: "connect", client: second };
    default:
      return { page: "unknown" };
  }
}

/** Path of a registry's page. */
export const registryPath = (name: string): string => `/registries/${encodeURIComponent(name)}`;
/** Path of a digest's page; the colon stays readable. */
export const blobPath = (digest: string): string => `/cache/blobs/${digest}`;
/** Path of a request's page. */
export const requestPath = (id: string): string => `/activity/${encodeURIComponent(id)}`;
