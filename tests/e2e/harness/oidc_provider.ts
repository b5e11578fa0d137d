/** A real OpenID Connect provider, npm's oidc-provider, with its own pages to sign in. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

export interface RealProvider extends AsyncDisposable {
  readonly issuer: string;
}

/**
 * Starts it at `port` of this machine for the client `berth`, whose browsers come back to `redirect`.
 * Everybody may sign in, under any name, and is in the groups that `groupsOf` says.
 */
export async function startProvider(
  { port, secret, redirect, groupsOf }: {
    port: number;
    secret: string;
    redirect: string;
    groupsOf: (name: string) => string[];
  },
): Promise<RealProvider> {
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "berth", client_secret: secret, redirect_uris: [redirect] }],
    claims: { profile: ["preferred_username"], groups: ["groups"] },
    pkce: { required: () => true },
    cookies: { keys: ["of the tests"] },
    findAccount: (_: unknown, name: string) => ({
      accountId: name,
      claims: () => ({ sub: name, preferred_username: name, groups: groupsOf(name) }),
    }),
  });
  const server = createServer(provider.callback());
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const { port: bound } = server.address() as AddressInfo;
  if (bound !== port) throw new Error(`expected port ${port}, got ${bound}`);
  return {
    issuer,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
