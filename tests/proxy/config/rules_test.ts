import assert from "node:assert/strict";
import { load, loadYaml, problems } from "./fixture.ts";

const own = (rest: string) => `registries: { own: { url: "https://o.example", ${rest} } }`;
const HASH = "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";

const BROKEN: [name: string, text: string, expected: RegExp][] = [
  [
    "two registries with one alias",
    own("aliases: [quay]"),
    /own\.aliases\[0\]: "quay" already stands for the registry quay/,
  ],
  [
    "two registries with one host",
    "registries: { docker: { hosts: [r.example] }, quay: { hosts: [R.example] } }",
    /:1:63: registries\.quay\.hosts\[0\]: "r\.example" already stands for the registry docker/,
  ],
  [
    "default registry that is not there",
    "default_registry: nope",
    /:1:19: default_registry: found "nope", expected one of docker, ghcr, .*, or a URL/,
  ],
  ["suffix that is no domain", "domain_suffix: 'a b'", /expected a domain/],
  ["alias that is no word", own("aliases: ['a/b']"), /aliases\[0\]: found "a\/b", expected a host/],
  ["prefix that is no name", own("repo_prefix: A/b"), /repo_prefix: found "A\/b", expected the/],
  ["glob with a space", own("deny: ['a b']"), /deny\[0\]: found "a b", expected a repository or/],
  ["access for nobody we know", own("access: { users: [bob] }"), /users\[0\]: found "bob"/],
  ["rule for nobody we know", "access: [{ users: [bob] }]", /access\[0\]\.users\[0\]: found "bob"/],
  [
    "rule for a registry that is not there",
    "access: [{ repositories: [nope/app] }]",
    /access\[0\]\.repositories\[0\]: found "nope\/app", expected a registry's name/,
  ],
  ["network that is none", "allowed_networks: [10.0.0.0/99]", /networks\[0\]: found "10\.0/],
  [
    "two sign-ins for one header",
    `users: { a: "${HASH}" }\n${own("auth: { mode: client }")}`,
    /own\.auth\.mode: client is for a Berth without users/,
  ],
  [
    "a depot without a disk before it",
    "cache: { dir: '', depot: { url: 's3://bucket' } }",
    /cache\.depot\.url: expected cache\.dir with it/,
  ],
  [
    "a depot's key without its secret",
    "cache: { depot: { access_key_id: AK } }",
    /cache\.depot\.access_key_id: expected secret_access_key or secret_access_key_file with it/,
  ],
  [
    "a depot's secret without its key",
    "cache: { depot: { secret_access_key: s3cret } }",
    /cache\.depot\.secret_access_key: expected access_key_id with it/,
  ],
  [
    "a directory that clients would be sent to",
    "cache: { depot: { url: 'file:///depot', redirect: [10.0.0.0/8] } }",
    /cache\.depot\.redirect: expected cache\.depot\.url to be a bucket/,
  ],
  [
    "clients sent to no depot",
    "cache: { depot: { redirect: [10.0.0.0/8] } }",
    /cache\.depot\.redirect: expected cache\.depot\.url to be a bucket/,
  ],
  [
    "clients sent to the depot from nowhere",
    "cache: { depot: { url: 's3://bucket', redirect: [here] } }",
    /cache\.depot\.redirect\[0\]: found "here", expected an address or a range/,
  ],
  [
    "a depot that is neither",
    "cache: { depot: { url: 'https://bucket.s3.amazonaws.com' } }",
    /cache\.depot\.url: .*expected s3:\/\/bucket\/prefix or file:\/\/\/a\/directory/,
  ],
  ["username alone", own("auth: { username: u }"), /auth\.username: expected a password/],
  ["password alone", own("auth: { password: s3cret }"), /auth\.password: expected a username/],
  [
    "token server without username",
    own("auth: { token_server: a.example }"),
    /expected a username/,
  ],
  [
    "token server that is no host",
    own("auth: { username: u, password: p, token_server: 'https://a.example' }"),
    /auth\.token_server: found "https:\/\/a\.example", expected a host/,
  ],
  [
    "login for what is no host",
    own("auth: { logins: { 'https://a.example': { username: u, password: p } } }"),
    /auth\.logins\."https:\/\/a\.example": found "https:\/\/a\.example", expected a host/,
  ],
  [
    "login without a password",
    own("auth: { logins: { a.example: { username: u } } }"),
    /auth\.logins\."a\.example": expected a username and a password or password_file/,
  ],
  [
    "login beside another kind of credential",
    own("auth: { header: h, logins: { a.example: { username: u, password: p } } }"),
    /auth: found username and header, expected one kind/,
  ],
  [
    "two kinds of credential",
    own("auth: { username: u, password: p, header: h }"),
    /auth: found username and header, expected one kind/,
  ],
  [
    "credentials where clients sign in",
    own("auth: { mode: client, header: h }"),
    /auth\.mode: with mode client each client signs in itself; expected no header/,
  ],
  [
    "ECR without a region",
    own("auth: { ecr: {} }"),
    /auth\.ecr\.region: missing; expected a region/,
  ],
  [
    "half an AWS key",
    own("auth: { ecr: { region: r, access_key_id: k } }"),
    /auth\.ecr: expected access_key_id and secret_access_key both/,
  ],
  [
    "dashboard on the API's address",
    "admin: { listen: '127.0.0.1:8080' }",
    /admin\.listen: found "127\.0\.0\.1:8080", which listen already uses/,
  ],
  [
    "forward proxy on the dashboard's",
    "forward: { listen: ':8081' }",
    /forward\.listen: found ":8081", which admin\.listen already uses/,
  ],
  ["certificate without key", "tls: { cert_file: a }", /tls\.cert_file: expected tls\.key_file/],
  [
    "certificate beside one by ACME",
    "tls: { cert_file: a, key_file: b, acme: { domains: [r.example.com] } }",
    /tls\.acme\.domains: contradicts tls\.cert_file; expected one of them/,
  ],
  [
    "wildcard by ACME",
    "tls: { acme: { domains: ['*.example.com'] } }",
    /tls\.acme\.domains\[0\]: found "\*\.example\.com", which takes a challenge by DNS/,
  ],
  [
    "address by ACME",
    "tls: { acme: { domains: [192.0.2.1] } }",
    /tls\.acme\.domains\[0\]: found "192\.0\.2\.1", expected a domain such as/,
  ],
  [
    "e-mail address for no domain",
    "tls: { acme: { email: a@example.com } }",
    /tls\.acme\.domains: missing; expected the domains/,
  ],
  [
    "ACME without TLS to the directory",
    "tls: { acme: { domains: [r.example.com], directory: 'http://ca.example/dir' } }",
    /tls\.acme\.directory: found "http:\/\/ca\.example\/dir", expected https:/,
  ],
  [
    "ACME without a cache",
    "tls: { acme: { domains: [r.example.com] } }\ncache: { dir: '' }",
    /tls\.acme\.domains: expected cache\.dir with it/,
  ],
  [
    "challenges where something else listens",
    "listen: ':80'\ntls: { acme: { domains: [r.example.com] } }",
    /tls\.acme\.http_listen: found ":80", which listen already uses/,
  ],
  [
    "CA key without certificate",
    "forward: { ca_key_file: a }",
    /forward\.ca_key_file: expected forward\.ca_cert_file with it/,
  ],
  [
    "open dashboard for everyone",
    "admin: { auth: none }",
    /admin\.auth: none is for loopback alone and admin\.listen is ":8081"/,
  ],
  ["hash that is a password", "admin: { password_hash: swordfish }", /password_hash: expected a/],
  ["user's hash that is none", "users: { a: swordfish }", /users\.a: expected a hash as/],
  ["user with a colon", `users: { "a:b": "${HASH}" }`, /users\."a:b": expected a name without/],
  [
    "files for a proxy that nobody names",
    "cache: { accel_redirect: /berth-blobs/ }",
    /^config.yaml:1:26: cache\.accel_redirect: expected trusted_proxies with it/,
  ],
  ["proxy by name", "trusted_proxies: [10.0.0.1, lb]", /trusted_proxies\[1\]: found "lb"/],
  ["proxy that is half an address", "trusted_proxies: ['1']", /trusted_proxies\[0\]: found "1"/],
  [
    "interception of an unknown",
    "forward: { intercept: [quay.io, x.io] }",
    /intercept\[1\]: found "x\.io"/,
  ],
  [
    "allowed host that is no regex",
    "forward: { allowed_hosts: ['/(/', a.b, '*.b'] }",
    /\[0\]: found "\/\(\/"[\s\S]*\[2\]: found "\*\.b"/,
  ],
  [
    "tier that is no regex",
    "cache: { manifests: { tiers: [{ match: '(', ttl: 1s }] } }",
    /tiers\[0\]\.match: found "\(", expected a regular/,
  ],
];

for (const [name, text, expected] of BROKEN) {
  Deno.test(`violations, ${name}`, async () => {
    const found = problems(await loadYaml(text)).join("\n");
    assert.match(found, expected);
    assert.doesNotMatch(found, /s3cret|swordfish/);
  });
}

const FINE: [name: string, text: string][] = [
  ["open dashboard on loopback", "admin: { auth: none, listen: '127.0.0.1:8081' }"],
  ["open dashboard on ::1", "admin: { auth: none, listen: '[::1]:8081' }"],
  ["forward proxy on the API's address", "forward: { listen: ':8080' }"],
  ["ports that the system picks", "listen: ':0'\nadmin: { listen: ':0' }"],
  ["one port on two addresses", "listen: '10.0.0.1:80'\nadmin: { listen: '10.0.0.2:80' }"],
  [
    "two vanity domains of one registry",
    `registries:
  a: { url: "https://gcr.io", repo_prefix: acme/a, hosts: [a.example] }
  b: { url: "https://gcr.io", repo_prefix: acme/b, hosts: [b.example] }`,
  ],
  [
    "ECR whose URL names the region",
    `registries:
  e: { url: "https://1.dkr.ecr.eu-central-1.amazonaws.com", auth: { ecr: {} } }`,
  ],
  [
    "two sign-ins with the forward proxy",
    `users: { a: "${HASH}" }\nforward: { listen: ":3128" }\n${own("auth: { mode: client }")}`,
  ],
  ["a user with an htpasswd hash", `users: { a: "${HASH}" }`],
  [
    "files for a proxy that is named",
    "trusted_proxies: [127.0.0.1]\ncache: { accel_redirect: /berth-blobs/ }",
  ],
  ["ranges and addresses", "trusted_proxies: [10.0.0.0/8, '::1', 192.0.2.1]"],
  ["interception by any name", "forward: { intercept: [docker, docker.io, ghcr.io] }"],
];

for (const [name, text] of FINE) {
  Deno.test(`violations, none for ${name}`, async () => {
    assert.deepEqual(problems(await loadYaml(text)), []);
  });
}

Deno.test("violations, the path of files begins and ends with a slash and leads nowhere else", async () => {
  const paths = [
    "berth-blobs/",
    "/berth-blobs",
    "/",
    "//",
    "/a//b/",
    "/../",
    "/a/./",
    "/a b/",
    "/a?/",
  ];
  for (const path of paths) {
    const text = `trusted_proxies: [127.0.0.1]\ncache: { accel_redirect: "${path}" }`;
    assert.deepEqual(problems(await loadYaml(text)), [
      `config.yaml:2:26: cache.accel_redirect: found "${path}", expected a path that begins and ` +
      "ends with a slash, such as /berth-blobs/",
    ]);
  }
});

Deno.test("violations, name the flag or variable that says so", async () => {
  assert.deepEqual(problems(await load({ env: { BERTH_TRUSTED_PROXIES: "10.0.0.0/8, lb" } })), [
    'environment BERTH_TRUSTED_PROXIES: trusted_proxies[1]: found "lb", expected an address or a ' +
    "range such as 10.0.0.0/8",
  ]);
});
