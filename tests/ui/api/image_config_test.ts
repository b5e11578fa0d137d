import assert from "node:assert/strict";
import { readConfig, readManifest } from "../../../ui/api/views/image_config.ts";

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

Deno.test("readConfig, what the OCI image spec has", () => {
  const read = readConfig(bytesOf({
    created: "2026-01-02T03:04:05.123456789Z",
    author: "somebody",
    os: "linux",
    architecture: "arm64",
    variant: "v8",
    config: {
      User: "app",
      WorkingDir: "/srv",
      Entrypoint: ["/bin/app"],
      Cmd: ["--port", "8080"],
      Env: ["PATH=/bin:/usr/bin", "TOKEN=secret=very", "EMPTY"],
      ExposedPorts: { "8080/tcp": {} },
      Volumes: { "/data": {} },
      Labels: { title: "App" },
      StopSignal: "SIGINT",
    },
    history: [
      { created: "2026-01-01T00:00:00Z", created_by: "ADD rootfs", comment: "buildkit" },
      { created_by: "ENV A=b", empty_layer: true },
    ],
  }))!;
  assert.deepEqual(read.parsed, {
    platform: "linux/arm64/v8",
    created: Date.UTC(2026, 0, 2, 3, 4, 5, 123),
    author: "somebody",
    user: "app",
    workingDir: "/srv",
    entrypoint: ["/bin/app"],
    cmd: ["--port", "8080"],
    stopSignal: "SIGINT",
    ports: ["8080/tcp"],
    volumes: ["/data"],
    env: ["PATH", "TOKEN", "EMPTY"],
    labels: [{ name: "title", value: "App" }],
  });
  assert.deepEqual(read.steps, [
    {
      command: "ADD rootfs",
      comment: "buildkit",
      created: Date.UTC(2026, 0, 1),
      layer: true,
    },
    { command: "ENV A=b", comment: "", created: null, layer: false },
  ]);
});

Deno.test("readConfig, hostile configs are bounded text", () => {
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`label${i}`, "x"]));
  for (
    const [name, config, check] of [
      ["wrong types", { config: { Env: "PATH", Labels: ["a"], Cmd: 7 }, history: {} }, [0, 0, 0]],
      ["nested", { config: { Labels: { a: { b: 1 } }, Entrypoint: [{}] } }, [1, 0, 0]],
      ["many labels", { config: { Labels: many } }, [256, 0, 0]],
      ["a prototype", JSON.parse('{"config":{"Labels":{"__proto__":"x"}}}'), [1, 0, 0]],
      ["many steps", { history: Array(5000).fill({ created_by: "RUN" }) }, [0, 0, 1000]],
    ] as const
  ) {
    const { parsed, steps } = readConfig(bytesOf(config))!;
    assert.deepEqual([parsed.labels.length, parsed.env.length, steps.length], check, name);
  }
  const long = readConfig(bytesOf({ author: "y".repeat(1e6) }))!.parsed.author;
  assert.equal(long.length, 4097);
  const marks = readConfig(bytesOf({ author: "a\u202eb\u0000c\td\n" }))!.parsed.author;
  assert.equal(marks, "a\ufffdb\ufffdc\td\n");
});

Deno.test("readConfig, what is no object is no config; the epoch is no time", () => {
  for (const text of ["", "[]", "null", "7", "{", '"config"']) {
    assert.equal(readConfig(new TextEncoder().encode(text)), undefined, text);
  }
  for (const created of ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "yesterday", 7]) {
    assert.equal(readConfig(bytesOf({ created }))!.parsed.created, null);
  }
});

Deno.test("readManifest, its type and annotations", () => {
  assert.deepEqual(readManifest(bytesOf({ artifactType: "a/b", annotations: { v: "1", n: 2 } })), {
    artifactType: "a/b",
    annotations: [{ name: "v", value: "1" }, { name: "n", value: "" }],
  });
  assert.deepEqual(readManifest(new Uint8Array()), { artifactType: "", annotations: [] });
});
