/** A vanity domain in front of a fake registry, for tests. */
import { image, referrer } from "../../fake/content.ts";
import { type RawRequest, send } from "../../fake/http.ts";
import { startProxy, type TestProxy } from "../../fake/proxy.ts";
import { type FakeRegistry, fakeRegistry, type FakeRegistryOptions } from "../../fake/registry.ts";

export const app = image();
export const signature = referrer(app.root, "application/vnd.example.signature");
export const images = {
  "acme/prod/app:1": app,
  "acme/prod/app:2": app,
  "acme/prod/team/tool:1": image({ seed: 2 }),
  "acme/secret:1": image({ seed: 3 }),
  "acme/prodigal:1": image({ seed: 4 }),
  "acme/stage/app:1": image({ seed: 5 }),
  "zoo:1": image({ seed: 6 }),
};
export const HOST = "r.example.com";

interface Vanity extends AsyncDisposable {
  upstream: FakeRegistry;
  proxy: TestProxy;
  /** A request to the vanity domain, or to `host`. */
  ask(target: string, more?: Partial<RawRequest>): Promise<Response>;
}

export async function vanity(
  options: FakeRegistryOptions = {},
  registry: Record<string, unknown> = {},
  settings: Record<string, unknown> = {},
): Promise<Vanity> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await fakeRegistry({ images, links: "absolute", ...options }));
  upstream.repository("acme/prod/app").add(signature);
  const url = upstream.url;
  const proxy = stack.use(
    await startProxy({
      default_registry: "",
      registries: {
        prod: { url, hosts: [HOST], repo_prefix: "acme/prod", ...registry },
        stage: { url, hosts: ["s.example.com"], repo_prefix: "acme/stage" },
      },
      ...settings,
    }),
  );
  const owned = stack.move();
  return {
    upstream,
    proxy,
    ask: (target, more) =>
      send(proxy.host, { host: HOST, target, ...more, headers: { ...more?.headers } }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Everything that an answer tells: headers and body. */
export async function told(response: Response): Promise<string> {
  return `${JSON.stringify([...response.headers])} ${await response.text()}`;
}
