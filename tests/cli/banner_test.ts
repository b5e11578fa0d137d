import assert from "node:assert/strict";
import { banner } from "../../cli/banner.ts";
import { VERSION } from "../../cli/version.ts";
import { load, loaded } from "../proxy/config/fixture.ts";

const registry = { hostname: "::", port: 8080 };

async function bannerOf(args: string[], password?: string) {
  const parts = { registry, dashboard: { hostname: "127.0.0.1", port: 8081 }, forward: undefined };
  return banner(loaded(await load({ args })), parts, password).text.split("\n  ");
}

Deno.test("banner, says where it listens, what it keeps and where the configuration is", async () => {
  assert.deepEqual(await bannerOf(["--cache-dir=/d", "--cache-max-size=1GiB"]), [
    `Berth ${VERSION}: registry http://localhost:8080`,
    "dashboard http://127.0.0.1:8081, this machine only",
    "cache /d, up to 1 GiB",
    "configuration built in; write a config.yaml to change it",
  ]);
});

Deno.test("banner, the first password is shown beside its user", async () => {
  const lines = await bannerOf(["--admin-username=ops"], "abc");
  assert.equal(
    lines[1],
    "dashboard http://127.0.0.1:8081, this machine only (user ops, password abc)",
  );
});

Deno.test("banner, a dashboard over TLS that others reach", async () => {
  const files = {
    "/srv/config.yaml": "tls: { cert_file: c, key_file: k }\nadmin: { tls: registry }",
    "/srv/c": "",
    "/srv/k": "",
  };
  const dashboard = { hostname: "::", port: 8081 };
  const lines = banner(
    loaded(await load({ files })),
    { registry, dashboard, forward: undefined },
    "",
  ).text;
  assert.match(
    lines,
    /registry https:\/\/localhost:8080\n {2}dashboard https:\/\/localhost:8081\n/,
  );
});

Deno.test("banner, a part that is off, an IPv6 address and a forward proxy", async () => {
  const config = loaded(await load({ args: ["--cache-dir="] }));
  const parts = {
    registry: { hostname: "2001:db8::7", port: 80 },
    dashboard: undefined,
    forward: { hostname: "0.0.0.0", port: 3128 },
  };
  assert.deepEqual(banner(config, parts, undefined).text.split("\n  ").slice(0, 4), [
    `Berth ${VERSION}: registry http://[2001:db8::7]:80`,
    "dashboard off",
    "forward proxy http://localhost:3128",
    "cache none",
  ]);
});

Deno.test("banner, its fields are those of the lines, without the password", async () => {
  const parts = { registry, dashboard: { hostname: "127.0.0.1", port: 8081 }, forward: undefined };
  const { fields } = banner(loaded(await load({ args: ["--cache-dir=/d"] })), parts, "abc-secret");
  assert.deepEqual([fields.registry, fields.dashboard, fields.forward, fields.cache], [
    "http://localhost:8080",
    "http://127.0.0.1:8081",
    null,
    "/d",
  ]);
  assert.doesNotMatch(JSON.stringify(fields), /abc-secret/);
});
