/** What the audit log gets of the dashboard's requests: here, and nowhere else, it is written. */
import type { Context, MiddlewareHandler } from "hono";
import type { Audit } from "../../proxy/observe/audit/audit.ts";
import type { Action, Outcome, Way } from "../../proxy/observe/audit/entry.ts";
import { type AdminEnv, type Identity, nameOf, wayOf } from "./identity.ts";
import { ApiProblem } from "./problem.ts";
import { routeOf } from "./rights.ts";

/** Routes that change something; each request to one leaves an entry. */
export const AUDITED: Readonly<Record<string, Action>> = {
  "POST /api/v1/login": "sign-in",
  "POST /api/v1/oidc/start": "sign-in",
  "POST /api/v1/oidc/finish": "sign-in",
  "POST /api/v1/logout": "sign-out",
  "POST /api/v1/config/reload": "config-reload",
  "DELETE /api/v1/config/overlay": "overlay-drop",
  "POST /api/v1/webhooks/:name/test": "webhook-test",
  "POST /api/v1/notices/:id/mute": "notice-mute",
  "DELETE /api/v1/notices/:id/mute": "notice-unmute",
  "POST /api/v1/tokens": "token-make",
  "DELETE /api/v1/tokens/:id": "token-revoke",
  "POST /api/v1/forward/allowed-hosts": "host-allow",
  "POST /api/v1/registries/:name/test": "registry-test",
  "POST /api/v1/registries/test": "registry-test",
  "POST /api/v1/registries": "registry-add",
  "PUT /api/v1/registries/:name": "registry-change",
  "DELETE /api/v1/registries/:name": "registry-remove",
  "POST /api/v1/trust/freeze": "tag-freeze",
  "DELETE /api/v1/trust/freeze": "tag-unfreeze",
  "POST /api/v1/trust/release": "release",
  "POST /api/v1/cache/verify": "verify",
  "POST /api/v1/pulls": "pull",
  "DELETE /api/v1/pulls/:id": "pull-cancel",
  "POST /api/v1/prefetch/run": "prefetch-run",
  "POST /api/v1/prefetch/rules": "prefetch-add",
  "DELETE /api/v1/prefetch/rules": "prefetch-remove",
  "PUT /api/v1/prefetch/learn": "prefetch-learn",
  "POST /api/v1/prefetch/learn/run": "prefetch-look",
  "POST /api/v1/cache/pins": "pin",
  "POST /api/v1/cache/evictions": "evict",
  "DELETE /api/v1/cache/blobs/:digest": "evict",
  "DELETE /api/v1/cache/images/:registry/:repository": "evict",
  "DELETE /api/v1/cache/images/:registry/:repository{.+}": "evict",
};

/** Routes that take a body and change nothing. */
export const UNAUDITED: readonly string[] = [
  "POST /api/v1/registries/preview",
  "POST /api/v1/cache/evictions/plan",
  "POST /api/v1/prefetch/preview",
  "POST /api/v1/policy/try",
];

/** Writes the entry of each request to the routes above, and of each token that was refused. */
export function audited(
  audit: Audit,
  addressOf: (c: Context<AdminEnv>) => string,
): MiddlewareHandler<AdminEnv> {
  return async (c, next) => {
    c.set("note", {});
    await next();
    const { refusedToken, nothing, reason, ...said } = c.get("note");
    const address = addressOf(c);
    if (refusedToken !== undefined) {
      const user = said.user ?? "";
      const refused = { user, via: "token", outcome: "refused", detail: refusedToken } as const;
      return audit.record({ ...refused, action: "sign-in", address, target: "", changes: [] });
    }
    const action = AUDITED[routeOf(c) ?? ""];
    if (action === undefined || nothing || isUnknown(c)) return;
    const failure = c.error &&
      { outcome: outcomeOf(c.res.status), detail: reason ?? reasonOf(c.error) };
    audit.record({
      ...whoIs(c.get("identity")),
      ...{ action, address, target: "", outcome: "done", detail: "", changes: [] },
      ...said,
      ...failure,
    });
  };
}

/** A request of nobody who tried to sign in. */
function isUnknown(c: Context<AdminEnv>): boolean {
  return c.res.status === 401 && !/\/(login)$/.test(c.req.path);
}

function whoIs(identity: Identity | undefined): { user: string; via: Way } {
  if (!identity) return { user: "", via: "password" };
  return { user: nameOf(identity), via: wayOf(identity) };
}

function outcomeOf(status: number): Outcome {
  return status === 401 || status === 403 || status === 429 ? "refused" : "failed";
}

function reasonOf(error: Error): string {
  return error instanceof ApiProblem ? error.title : "an error that the log tells of";
}
