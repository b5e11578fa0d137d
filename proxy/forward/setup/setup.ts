/** What a person or a script fetches from the forward port: the CA, setup scripts, an explanation. */
import type { Authority } from "../intercept/ca.ts";
import { formatEndpoint, parseEndpoint } from "../hosts/endpoint.ts";
import { type SetupOptions, setupPage } from "./page.ts";
import { isSetup, renderScript } from "./scripts.ts";

/** The page or script at the request's path; `undefined` for every other path. */
export async function setupPages(
  request: Request,
  options: SetupOptions,
): Promise<Response | undefined> {
  const { pathname, host: asked } = new URL(request.url);
  const name = /^\/setup\/([a-z0-9]+)$/.exec(pathname)?.[1];
  if (pathname !== "/" && pathname !== "/ca.crt" && name === undefined) return undefined;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return text("only GET is of use here\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  // It goes into shell scripts: nothing but a host and a port.
  const endpoint = parseEndpoint(asked, 80);
  if (!endpoint) return text("the Host of this request cannot be read\n", { status: 400 });
  const host = formatEndpoint(endpoint);
  const { authority } = options;
  if (pathname === "/ca.crt") return certificate(authority);
  if (name === undefined) return await setupPage(host, options);
  if (!isSetup(name)) {
    return text(`there is no setup script for ${name}; see http://${host}/\n`, { status: 404 });
  }
  return text(renderScript(name, host, authority));
}

function certificate(authority: Authority | undefined): Response {
  if (!authority) return text("nothing is intercepted here: there is no CA\n", { status: 404 });
  return new Response(authority.pem, {
    headers: {
      "content-type": "application/x-pem-file",
      "content-disposition": 'attachment; filename="berth.crt"',
    },
  });
}

function text(body: string, init: ResponseInit = {}): Response {
  const headers = { "content-type": "text/plain; charset=utf-8", ...init.headers as object };
  return new Response(body, { ...init, headers });
}
