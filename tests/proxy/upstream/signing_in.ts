/** Registries that ask for a sign-in, for tests. */
import type { UpstreamRequest } from "../../../proxy/upstream/client.ts";
import { image, OCI_MANIFEST } from "../../fake/content.ts";
import { type FakeRegistry, fakeRegistry } from "../../fake/registry.ts";
import type { BearerAuth, FakeAuth } from "../../fake/token.ts";

export const app = image();
export const images = { "org/app:1": app, "org/other:1": image({ seed: 2 }) };
export const users = { ann: "s3cret-päss" };
export const signedIn = { username: "ann", password: "s3cret-päss" };
export const pull: UpstreamRequest = {
  method: "GET",
  path: "/v2/org/app/manifests/1",
  headers: { accept: OCI_MANIFEST },
  scopes: ["repository:org/app:pull"],
};

export function protectedBy(auth: FakeAuth): Promise<FakeRegistry> {
  return fakeRegistry({ images, auth });
}

export function bearer(options: Omit<BearerAuth, "scheme"> = {}): Promise<FakeRegistry> {
  return protectedBy({ scheme: "bearer", ...options });
}

/** Sends a request and lets go of the answer. */
export async function status(
  upstream: { request(request: UpstreamRequest): Promise<{ response: Response }> },
  request: UpstreamRequest = pull,
): Promise<number> {
  const { response } = await upstream.request(request);
  await response.body?.cancel();
  return response.status;
}
