/** The plan of the house as a test: what each room may import. docs/architecture.md draws it. */
import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";

const ROOT = join(import.meta.dirname!, "..");

/** A room, its files, and the rooms whose files they may import beside their own. */
interface Room {
  files: RegExp;
  imports: readonly string[];
}

const CACHE = ["base", "cache words"];

/** In the order in which they build on each other; the first that matches a file has it. */
const ROOMS: Record<string, Room> = {
  base: { files: /^base\//, imports: [] },

  "cache words": {
    files:
      /^cache\/(types|errors|events|digest|hash|manifest|range|course|change|change_id|listing|eviction|depot_options)\.ts$/,
    imports: ["base"],
  },
  "cache/blobs": { files: /^cache\/blobs\//, imports: ["cache words"] },
  "cache/catalog": { files: /^cache\/catalog\//, imports: [...CACHE, "cache/blobs"] },
  "cache/depot": { files: /^cache\/depot\//, imports: [...CACHE, "cache/blobs", "cache/catalog"] },
  "cache/peers": { files: /^cache\/peers\//, imports: CACHE },
  "cache/feed": { files: /^cache\/feed\//, imports: [...CACHE, "cache/peers"] },
  "cache/fill": { files: /^cache\/fill\//, imports: [...CACHE, "cache/blobs", "cache/catalog"] },
  "cache/read": {
    files: /^cache\/read\//,
    imports: [...CACHE, "cache/blobs", "cache/catalog", "cache/fill"],
  },
  "cache/upkeep": {
    files: /^cache\/upkeep\//,
    imports: [...CACHE, "cache/blobs", "cache/catalog", "cache/read"],
  },
  cache: {
    files: /^cache\/[a-z_]+\.ts$/,
    imports: [
      ...[...CACHE, "cache/blobs", "cache/catalog", "cache/depot", "cache/fill", "cache/read"],
      "cache/upkeep",
    ],
  },

  oci: { files: /^proxy\/oci\//, imports: ["cache words"] },
  config: { files: /^proxy\/config\//, imports: ["base", "oci"] },
  http: { files: /^proxy\/http\//, imports: ["base", "oci"] },
  observe: { files: /^proxy\/observe\//, imports: ["base", "cache words", "config", "http"] },
  names: { files: /^proxy\/names\//, imports: ["base", "config", "oci", "http"] },
  trust: {
    files: /^proxy\/trust\//,
    imports: ["base", "cache words", "cache", "config", "http"],
  },
  access: { files: /^proxy\/access\//, imports: ["base", "config", "oci", "http"] },
  upstream: { files: /^proxy\/upstream\//, imports: ["base", "config", "oci", "http"] },
  acme: { files: /^proxy\/acme\//, imports: ["base", "config", "http", "upstream"] },
  notify: {
    files: /^proxy\/notify\//,
    imports: ["base", "cache words", "observe", "upstream"],
  },
  client_sign_in: {
    files: /^proxy\/client_sign_in\//,
    imports: ["base", "config", "oci", "http", "names", "access", "upstream"],
  },
  exchange: {
    files: /^proxy\/(exchange|ask|answer)\.ts$/,
    imports: [
      ...["oci", "http", "observe"],
      ...["names", "access", "upstream", "client_sign_in"],
    ],
  },
  through: {
    files: /^proxy\/through\//,
    imports: [
      ...["base", "oci", "http"],
      ...["names", "upstream", "client_sign_in", "exchange"],
    ],
  },
  cached: {
    files: /^proxy\/cached\//,
    imports: [
      ...["base", "cache words", "cache", "config", "oci", "http", "observe"],
      ...["names", "upstream", "exchange", "through", "trust"],
    ],
  },
  pages: { files: /^proxy\/pages\//, imports: ["config", "oci", "http", "names"] },
  proxy: {
    files: /^proxy\/[a-z_]+\.ts$/,
    imports: [
      ...["base", "cache words", "cache", "oci", "config", "http", "observe", "names", "access"],
      ...["upstream", "client_sign_in", "exchange", "through", "cached", "pages", "trust"],
    ],
  },
  ahead: {
    files: /^proxy\/ahead\//,
    imports: ["base", "cache words", "cache", "oci", "http", "names", "observe"],
  },
  "forward/hosts": { files: /^proxy\/forward\/hosts\//, imports: ["config", "upstream"] },
  "forward/wire": { files: /^proxy\/forward\/wire\//, imports: ["base", "forward/hosts"] },
  "forward/tunnel": {
    files: /^proxy\/forward\/tunnel\//,
    imports: ["base", "upstream", "forward/hosts", "forward/wire"],
  },
  "forward/http": {
    files: /^proxy\/forward\/http\//,
    imports: ["base", "http", "upstream", "forward/hosts", "forward/tunnel"],
  },
  "forward/intercept": {
    files: /^proxy\/forward\/intercept\//,
    imports: ["base", "observe", "forward/hosts", "forward/wire", "forward/http"],
  },
  "forward/setup": {
    files: /^proxy\/forward\/setup\//,
    imports: ["http", "forward/hosts", "forward/intercept"],
  },
  forward: {
    files: /^proxy\/forward\/[a-z_]+\.ts$/,
    imports: [
      ...["base", "config", "http", "observe", "access", "upstream", "forward/hosts"],
      ...["forward/wire", "forward/tunnel", "forward/http", "forward/intercept", "forward/setup"],
    ],
  },

  peers: {
    files: /^proxy\/peers\//,
    imports: ["base", "cache words", "cache/peers", "cache", "http", "oci", "upstream"],
  },

  "ui server": {
    files: /^ui\/((?!theme_early)[a-z_]+\.ts$|api\/)/,
    imports: [
      ...["base", "cache words", "cache", "config", "http", "observe", "access"],
      ...["upstream", "ahead", "notify", "trust", "acme", "forward/hosts", "forward/tunnel"],
    ],
  },
  "ui pages": { files: /^ui\//, imports: ["ui server"] },
  cli: {
    files: /^cli\//,
    imports: [
      ...["base", "cache words", "cache", "config", "http", "observe", "names", "access"],
      ...[
        "upstream",
        "notify",
        "trust",
        "acme",
        "proxy",
        "ahead",
        "forward",
        "forward/intercept",
        "ui server",
        "data",
        "cache/depot",
        "cache/peers",
        "cache/feed",
        "cached",
        "peers",
      ],
    ],
  },
  data: { files: /^(deno\.json|config\.yaml|.*\.(sh|css))$/, imports: [] },
  main: {
    files: /^main\.ts$/,
    imports: ["cli"],
  },
};

interface Import {
  target: string;
  typeOnly: boolean;
  /** Loaded when it is asked for. */
  later: boolean;
}

function* sources(dir: string): Generator<string> {
  for (const entry of Deno.readDirSync(join(ROOT, dir))) {
    const path = join(dir, entry.name);
    if (entry.isDirectory && entry.name !== "dist") yield* sources(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

function importsOf(path: string): Import[] {
  const text = Deno.readTextFileSync(join(ROOT, path));
  const found = text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^;"']*?["'](\.[^"']+)["']|import\(\s*["'](\.[^"']+)["']\s*\)/gm,
  );
  return [...found].map(([, typeOnly, stated, dynamic]) => ({
    target: normalize(join(dirname(path), (stated ?? dynamic)!)),
    typeOnly: typeOnly !== undefined,
    later: stated === undefined,
  }));
}

function roomOf(path: string): string {
  const found = Object.entries(ROOMS).find(([, { files }]) => files.test(path));
  assert.ok(found, `${path} stands in no room`);
  return found[0];
}

const FOLDERS = ["base", "cache", "proxy", "ui", "cli"];
const graph = new Map(
  ["main.ts", ...FOLDERS.flatMap((dir) => [...sources(dir)])].map((
    file,
  ) => [file, importsOf(file)]),
);

Deno.test("rooms, files import only what the plan of the house allows", () => {
  assert.ok(graph.size > 300, "the sources were found");
  const wrong: string[] = [];
  for (const [file, imports] of graph) {
    const room = roomOf(file);
    for (const { target } of imports) {
      const other = roomOf(target);
      if (other === room || ROOMS[room]!.imports.includes(other)) continue;
      wrong.push(`${file} (${room}) may not import ${target} (${other})`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("rooms, the plan leads one way and names no edge that nobody uses", () => {
  const order = Object.keys(ROOMS);
  const used = new Set(
    [...graph].flatMap(([file, imports]) =>
      imports.map(({ target }) => `${roomOf(file)} > ${roomOf(target)}`)
    ),
  );
  const unused: string[] = [];
  for (const [room, { imports }] of Object.entries(ROOMS)) {
    for (const other of imports) {
      if (other !== "data") {
        assert.ok(order.indexOf(other) < order.indexOf(room), `${room} > ${other}`);
      }
      if (!used.has(`${room} > ${other}`)) unused.push(`${room} > ${other}`);
    }
  }
  assert.deepEqual(unused, []);
});

Deno.test("rooms, no file is part of a circle of imports, types included", () => {
  const state = new Map<string, "open" | "done">();
  const circles: string[] = [];
  const walk = (file: string, way: string[]) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      circles.push([...way.slice(way.indexOf(file)), file].join(" > "));
      return;
    }
    state.set(file, "open");
    for (const { target } of graph.get(file) ?? []) walk(target, [...way, file]);
    state.set(file, "done");
  };
  for (const file of graph.keys()) walk(file, []);
  assert.deepEqual(circles, []);
});

Deno.test("rooms, proxy/ keeps flat only the files that put its rooms together", () => {
  const flat = [...graph.keys()].filter((file) => /^proxy\/[^/]+$/.test(file));
  assert.deepEqual(flat.sort(), [
    "proxy/answer.ts",
    "proxy/app.ts",
    "proxy/ask.ts",
    "proxy/exchange.ts",
    "proxy/finish.ts",
    "proxy/receive.ts",
    "proxy/render_error.ts",
    "proxy/server.ts",
    "proxy/serverless.ts",
  ]);
});

Deno.test("imports, what a depot takes is loaded only where there is one", () => {
  const ofDepot = (file: string) => /^(cache\/depot\/|cache\/catalog\/depot|cli\/depot)/.test(file);
  let ways = 0;
  for (const [file, imports] of graph) {
    if (ofDepot(file)) continue;
    for (const { target, typeOnly, later } of imports) {
      if (ofDepot(target)) assert.ok(typeOnly || later, `${file} loads ${target}`);
      if (ofDepot(target) && later) ways++;
    }
  }
  assert.equal(ways, 3);
});

Deno.test("imports, SQL is spoken in cache/catalog, the statistics and the audit log alone", () => {
  for (const file of graph.keys()) {
    if (/^(cache\/catalog|proxy\/observe\/(stats|audit))\//.test(file)) continue;
    const text = Deno.readTextFileSync(join(ROOT, file));
    assert.doesNotMatch(text, /node:sqlite|\.prepare\(|\bdb\.exec\(/, file);
  }
});

Deno.test("imports, pages of the dashboard take only types from the server's side", () => {
  for (const [file, imports] of graph) {
    if (roomOf(file) !== "ui pages") continue;
    for (const { target, typeOnly } of imports) {
      assert.ok(
        typeOnly || roomOf(target) !== "ui server",
        `${file} imports code from ${target}`,
      );
    }
  }
});

Deno.test("imports, nothing comes from the network or JSR", () => {
  for (const file of graph.keys()) {
    const text = Deno.readTextFileSync(join(ROOT, file));
    assert.doesNotMatch(text, /(from |import\()["'](jsr:|https?:)/, file);
  }
});

Deno.test("imports, proxy/serverless.ts reaches nothing of Node's or Deno's", () => {
  const reached = new Set(["proxy/serverless.ts"]);
  for (const file of reached) {
    const text = Deno.readTextFileSync(join(ROOT, file));
    assert.doesNotMatch(text, /["']node:|\bDeno\.\w/, file);
    // Of what these platforms run, not everything reads `using` yet.
    assert.doesNotMatch(text, /^\s*(await )?using\s/m, file);
    for (const { target, typeOnly } of graph.get(file) ?? []) if (!typeOnly) reached.add(target);
  }
});

Deno.test("imports, what is loaded later is a file of ours, which says what it takes of a package", () => {
  // Where the executable is bundled, import() of a package in CommonJS has no names in it.
  for (const dir of ["base", "cache", "cli", "proxy", "ui"]) {
    for (const path of sources(dir)) {
      const text = Deno.readTextFileSync(join(ROOT, path));
      const packages = [...text.matchAll(/import\(\s*["'](?!\.|node:)([^"']+)/g)].map((it) =>
        it[1]
      );
      assert.deepEqual(packages, [], path);
    }
  }
});
