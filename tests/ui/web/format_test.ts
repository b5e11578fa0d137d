import assert from "node:assert/strict";
import {
  countOf,
  formatAgo,
  formatBytes,
  formatDuration,
  formatRoughly,
  formatShare,
  imageName,
  mediaTypeName,
  shortDigest,
} from "../../../ui/web/format.ts";

const DIGEST = `sha256:${"4bcff63911fcb4448bd4fdacec207030".repeat(2)}`;
/** No-break spaces made plain, so that the tables can be read. */
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

Deno.test("formatBytes, the largest unit that keeps it readable", () => {
  const table: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 KiB"],
    [1536, "1.5 KiB"],
    [412 * 2 ** 20, "412 MiB"],
    [1023 * 2 ** 20, "1 GiB"],
    [18.23 * 2 ** 30, "18.2 GiB"],
    [2 ** 50, "1 PiB"],
  ];
  for (const [bytes, text] of table) assert.equal(plain(formatBytes(bytes)), text);
});

Deno.test("formatShare, never claims all or nothing that is not", () => {
  const table: [number, number, string][] = [
    [87, 100, "87 %"],
    [0, 10, "0 %"],
    [10, 10, "100 %"],
    [99999, 100000, "99.9 %"],
    [1, 100000, "0.1 %"],
    [5, 1000, "0.5 %"],
    [0, 0, "–"],
  ];
  for (const [part, whole, text] of table) assert.equal(plain(formatShare(part, whole)), text);
});

Deno.test("formatDuration, one or two units", () => {
  const table: [number, string][] = [
    [0, "0 ms"],
    [43.4, "43 ms"],
    [1234, "1.2 s"],
    [9960, "10 s"],
    [59_600, "1 min"],
    [130 * 60e3, "2 h 10 min"],
    [3600e3, "1 h"],
    [60 * 86400e3, "60 d"],
  ];
  for (const [ms, text] of table) assert.equal(plain(formatDuration(ms)), text);
});

Deno.test("formatRoughly, one unit", () => {
  assert.equal(plain(formatRoughly(1249e3)), "21 min");
  assert.equal(plain(formatRoughly(80e3)), "80 s");
  assert.equal(plain(formatRoughly(36 * 3600e3)), "2 d");
});

Deno.test("formatAgo, whole units, from now on", () => {
  assert.equal(formatAgo(1000, 2000), "just now");
  assert.equal(formatAgo(5000, 2000), "just now");
  assert.equal(plain(formatAgo(0, 119e3)), "1 min ago");
  assert.equal(plain(formatAgo(0, 3 * 86400e3 + 5)), "3 d ago");
});

Deno.test("countOf, one and many", () => {
  assert.equal(plain(countOf(1, "digest")), "1 digest");
  assert.equal(plain(countOf(12345, "digest")), "12,345 digests");
  assert.equal(plain(countOf(2, "repository", "repositories")), "2 repositories");
});

Deno.test("shortDigest, shortens digests in the middle and nothing else", () => {
  assert.equal(shortDigest(DIGEST), "sha256:4bcff639…7030");
  assert.equal(shortDigest("latest"), "latest");
  assert.equal(shortDigest("sha256:beef"), "sha256:beef");
});

Deno.test("imageName, as one would type it", () => {
  assert.equal(imageName("docker", "library/alpine", "3.22"), "docker/library/alpine:3.22");
  assert.equal(imageName("quay", "org/app", DIGEST), "quay/org/app@sha256:4bcff639…7030");
  assert.equal(imageName("", "org/app", ""), "org/app");
});

Deno.test("mediaTypeName, the field's words", () => {
  const table: [string, string][] = [
    ["application/vnd.oci.image.index.v1+json", "index"],
    ["application/vnd.docker.distribution.manifest.list.v2+json", "index"],
    ["application/vnd.docker.distribution.manifest.v2+json", "manifest"],
    ["application/vnd.docker.container.image.v1+json", "config"],
    ["application/vnd.oci.image.layer.v1.tar+zstd", "layer"],
    ["application/vnd.docker.image.rootfs.diff.tar.gzip", "layer"],
    ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "chart"],
    ["application/x-own", "application/x-own"],
    ["", "blob"],
  ];
  for (const [type, name] of table) assert.equal(mediaTypeName(type), name);
});
