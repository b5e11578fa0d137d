/** `Content-Encoding` (RFC 9110, 8.4). */

/** The codings of a body in the order in which they were applied; none where it came as it is. */
export function codingsOf(headers: Headers): string[] {
  return (headers.get("content-encoding") ?? "").toLowerCase().split(",")
    .map((coding) => coding.trim()).filter((coding) => coding !== "" && coding !== "identity");
}
