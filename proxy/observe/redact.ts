/** Requests and responses for the log, without what opens doors. Pure. */

const SECRET_HEADER = /auth|cookie|token|secret|password|api-?key|signature/i;
const SECRET_PARAMETER = /token|secret|password|signature|credential|key|^sig$|^_state$/i;

/** `GET https://ghcr.io/v2/ accept: *\/*; authorization: Bearer …` */
export function describeRequest(request: Request): string {
  return `${request.method} ${redactUrl(request.url)} ${describeHeaders(request.headers)}`;
}

/** `200 content-type: application/json; …` */
export function describeResponse(response: Response): string {
  return `${response.status} ${describeHeaders(response.headers)}`;
}

/** Headers in one line. Of credentials only the scheme is shown, of addresses not their signatures. */
export function describeHeaders(headers: Headers): string {
  return [...headers].map(([name, value]) => `${name}: ${redactHeader(name, value)}`).join("; ");
}

/** The value of a header as it may be shown. */
function redactHeader(name: string, value: string): string {
  if (/^(www|proxy)-authenticate$/i.test(name)) return value;
  if (SECRET_HEADER.test(name)) {
    const scheme = /authorization/i.test(name) ? /^[a-z]+(?= )/i.exec(value)?.[0] : undefined;
    return scheme === undefined ? "…" : `${scheme} …`;
  }
  return /^(location|link|referer|content-location)$/i.test(name) ? redactUrl(value) : value;
}

/** An address or path with the values of secret parameters, and a user's password, left out. */
export function redactUrl(text: string): string {
  return text
    .replace(
      /([?&;])([^=&;#<>]+)=([^&;#<>]*)/g,
      (all, before, name) => SECRET_PARAMETER.test(name) ? `${before}${name}=…` : all,
    )
    .replace(/(:\/\/)[^/@\s]*@/g, "$1…@");
}
