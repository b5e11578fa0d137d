import assert from "node:assert/strict";
import { systemClock } from "../../base/clock.ts";
import { S3Depot } from "../../cache/depot/s3.ts";
import type { S3Options, S3Request } from "../../cache/depot_options.ts";
import { depotPlace } from "../../cli/depot_place.ts";
import { configSchema } from "../../proxy/config/schema.ts";

const { signal } = new AbortController();
const KEYS = { access_key_id: "AK", secret_access_key: "secret" };

const placeOf = (depot: Record<string, unknown>, env = {}) =>
  depotPlace(configSchema.parse({ cache: { depot } }).cache.depot, env).place;

/** The first request of a depot at `place`. */
async function firstRequest(depot: Record<string, unknown>, env = {}): Promise<S3Request> {
  let seen: S3Request | undefined;
  const work = (request: S3Request) => {
    seen = request;
    return Promise.resolve(new Response(null, { status: 503 }));
  };
  const place = { ...placeOf(depot, env) as S3Options, work };
  await assert.rejects(new S3Depot(place, systemClock).open(signal), { kind: "away" });
  return seen!;
}

Deno.test("depotPlace, where the bucket is, by endpoint, region and style", async () => {
  const url = "s3://bucket/some/where/";
  const endpoint = "http://minio:9000";
  const table: [Record<string, unknown>, Record<string, string>, string][] = [
    [{ url }, {}, "https://bucket.s3.us-east-1.amazonaws.com/some/where/"],
    [
      { url, region: "eu-west-1" },
      { AWS_REGION: "x" },
      "https://bucket.s3.eu-west-1.amazonaws.com",
    ],
    [{ url }, { AWS_REGION: "eu-west-3" }, "https://bucket.s3.eu-west-3.amazonaws.com/some"],
    [{ url, region: "cn-north-1" }, {}, "https://bucket.s3.cn-north-1.amazonaws.com.cn/some"],
    [{ url, path_style: "always" }, {}, "https://s3.us-east-1.amazonaws.com/bucket/some/where/"],
    [{ url, endpoint }, {}, "http://minio:9000/bucket/some/where/"],
    [{ url, endpoint, path_style: "never" }, {}, "http://bucket.minio:9000/some/where/"],
    [{ url: "s3://bucket", endpoint }, {}, "http://minio:9000/bucket/berth-depot.json"],
  ];
  for (const [depot, env, expected] of table) {
    const { url } = await firstRequest({ ...KEYS, ...depot }, env);
    assert.ok(url.href.startsWith(expected), `${url.href} ${expected}`);
  }
});

Deno.test("depotPlace, keys of the configuration, else all of the environment's", async () => {
  const url = "s3://bucket";
  const env = {
    AWS_ACCESS_KEY_ID: "AKENV",
    AWS_SECRET_ACCESS_KEY: "env",
    AWS_SESSION_TOKEN: "token-env",
  };
  const own = await firstRequest({ url, ...KEYS }, env);
  assert.match(own.headers.get("authorization")!, /Credential=AK\//);
  assert.equal(own.headers.get("x-amz-security-token"), null);
  const temporary = await firstRequest({ url, ...KEYS, session_token: "t" }, env);
  assert.equal(temporary.headers.get("x-amz-security-token"), "t");
  const environment = await firstRequest({ url }, env);
  assert.match(environment.headers.get("authorization")!, /Credential=AKENV\//);
  assert.equal(environment.headers.get("x-amz-security-token"), "token-env");
});

Deno.test("depotPlace, keys of a role come from who lends them, past any proxy", async () => {
  const asked: (string | null)[] = [];
  const keys = { AccessKeyId: "AKROLE", SecretAccessKey: "s", Token: "token-role" };
  await using lender = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      asked.push(new URL(request.url).pathname, request.headers.get("authorization"));
      return Response.json(keys);
    },
  );
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${lender.addr.port}/keys`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "pod",
    http_proxy: "http://127.0.0.1:1",
  };
  const place = depotPlace(
    configSchema.parse({ cache: { depot: { url: "s3://bucket" } } }).cache.depot,
    env,
  );
  await using _ = place;
  let headers = new Headers();
  const work = (request: S3Request) => {
    headers = request.headers;
    return Promise.resolve(new Response(null, { status: 503 }));
  };
  const depot = new S3Depot({ ...place.place as S3Options, work }, systemClock);
  await assert.rejects(depot.open(signal), { kind: "away" });
  assert.match(headers.get("authorization")!, /Credential=AKROLE\//);
  assert.equal(headers.get("x-amz-security-token"), "token-role");
  assert.deepEqual(asked, ["/keys", "pod"]);
});

/** Not even the machine's own. */
const NO_ROLE = { AWS_EC2_METADATA_DISABLED: "true" };

Deno.test("depotPlace, says what is missing by its key", () => {
  const url = "s3://bucket";
  const table: [Record<string, unknown>, Record<string, string>, RegExp][] = [
    [
      { url },
      NO_ROLE,
      /^DepotError: cache\.depot\.access_key_id: no key, neither here nor in AWS_ACC/,
    ],
    [{ url }, { AWS_ACCESS_KEY_ID: "AK" }, /cache\.depot\.secret_access_key: no secret in AWS_SEC/],
    [{ url, ...KEYS, ca_file: "/absent.pem" }, {}, /cache\.depot\.ca_file: .*\/absent\.pem/],
  ];
  for (const [depot, env, message] of table) assert.throws(() => placeOf(depot, env), message);
});

Deno.test("depotPlace, a directory by its URL", () => {
  assert.deepEqual(placeOf({ url: "file:///shared/a%20b" }), { dir: "/shared/a b" });
});
