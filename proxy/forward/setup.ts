/** What a person or a script fetches from the forward port: the CA, setup scripts, an explanation. */
import type { ForwardSettings } from "./context.ts";

/** The page or script at the request's path; `undefined` for every other path. */
export function setupPages(
  request: Request,
  { authority }: Pick<ForwardSettings, "authority">,
): Promise<Response | undefined> {
  const { pathname } = new URL(request.url);
  if (pathname !== "/ca.crt") return Promise.resolve(undefined);
  return Promise.resolve(
    authority
      ? new Response(authority.pem, { headers: { "content-type": "application/x-pem-file" } })
      : new Response("nothing is intercepted here, there is no CA\n", { status: 404 }),
  );
}
