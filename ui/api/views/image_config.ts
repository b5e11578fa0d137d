/** Image configs as their authors wrote them: bounded, and text whatever they hold. Pure. */
import { listIn, objectIn, parseObject } from "../../../base/json.ts";
import type { HistoryStep, ParsedConfig } from "../schema/image.ts";

/** Larger configs are not looked into, in bytes. Docker's own are below 64 KiB. */
export const CONFIG_LIMIT = 2 ** 20;

const MAX_TEXT = 4096;
const MAX_ITEMS = 256;
const MAX_STEPS = 1000;

/** A config and its history: a step has `layer` true where it made one. */
export interface ReadConfig {
  parsed: ParsedConfig;
  steps: (Omit<HistoryStep, "layer"> & { layer: boolean })[];
}

/**
 * What the image config in `bytes` says (OCI image spec, config.md; Docker's is the same). Undefined
 * where it is no JSON object. What has the wrong type counts as not said.
 */
export function readConfig(bytes: Uint8Array): ReadConfig | undefined {
  const root = parseObject(bytes);
  if (!root) return undefined;
  const config = objectIn(root.config);
  return {
    parsed: {
      platform: [root.os, root.architecture, root.variant].map(text).filter((it) => it !== "")
        .join("/"),
      created: timeOf(root.created),
      author: text(root.author),
      user: text(config.User),
      workingDir: text(config.WorkingDir),
      entrypoint: texts(config.Entrypoint),
      cmd: texts(config.Cmd),
      stopSignal: text(config.StopSignal),
      ports: keys(config.ExposedPorts),
      volumes: keys(config.Volumes),
      env: texts(config.Env).map((line) => line.split("=", 1)[0]!),
      labels: pairs(config.Labels),
    },
    steps: listIn(root.history).slice(0, MAX_STEPS).map(objectIn).map((step) => ({
      command: text(step.created_by),
      comment: text(step.comment),
      created: timeOf(step.created),
      layer: step.empty_layer !== true,
    })),
  };
}

/** What the manifest in `bytes` says of itself beside its layers. */
export function readManifest(bytes: Uint8Array): {
  artifactType: string;
  annotations: { name: string; value: string }[];
} {
  const manifest = parseObject(bytes) ?? {};
  return { artifactType: text(manifest.artifactType), annotations: pairs(manifest.annotations) };
}

const texts = (value: unknown) => listIn(value).slice(0, MAX_ITEMS).map(text);
const keys = (value: unknown) => Object.keys(objectIn(value)).slice(0, MAX_ITEMS).map(text);
const pairs = (value: unknown) =>
  Object.entries(objectIn(value)).slice(0, MAX_ITEMS)
    .map(([name, value]) => ({ name: text(name), value: text(value) }));

/** Characters that show as nothing, or turn the text around them: controls, bidirectional marks. */
// deno-lint-ignore no-control-regex
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** `value` where it is a string, as far as it is shown. */
function text(value: unknown): string {
  if (typeof value !== "string") return "";
  const shown = value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  return shown.replace(HIDDEN, "\ufffd");
}

/** Unix milliseconds of an RFC 3339 time; null for none, and for the epoch and before. */
function timeOf(value: unknown): number | null {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return time > 0 ? time : null;
}
