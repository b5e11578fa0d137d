/** A happening as a webhook's receiver reads it. Pure. */
import { createHmac } from "node:crypto";
import { formatDuration } from "../../base/units.ts";
import type { Happening } from "./happening.ts";

export type Format = "json" | "slack";

/** The body of the request, JSON in either format. */
export function bodyOf(happening: Happening, format: Format): string {
  return JSON.stringify(format === "slack" ? { text: slackText(happening) } : jsonOf(happening));
}

/** `X-Berth-Signature` for `body`: HMAC with SHA-256, as GitHub and others sign theirs. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

function jsonOf({ time, ...rest }: Happening): object {
  return { ...rest, time: new Date(time).toISOString() };
}

const SIGNS: Record<Happening["severity"], string> = {
  error: ":red_circle:",
  warning: ":warning:",
  info: ":information_source:",
};

/** One line in bold and one beneath. https://docs.slack.dev/messaging/formatting-message-text */
function slackText({ state, severity, title, detail, lastedMs }: Happening): string {
  if (state === "over") {
    const lasted = lastedMs === undefined ? "" : `, after ${formatDuration(lastedMs)}`;
    return `:white_check_mark: *Over: ${escaped(title)}*${lasted}`;
  }
  return `${SIGNS[severity]} *${escaped(title)}*${detail ? `\n${escaped(detail)}` : ""}`;
}

/** Slack's three control characters; a name must not become a link or a mention. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
