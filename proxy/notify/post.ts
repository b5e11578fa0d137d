/** One POST, as webhooks make it. */

export interface Posting {
  url: string;
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
}

/** Resolves to the status; a redirect is one, too, and is not followed. Throws what `fetch` throws. */
export type Post = (posting: Posting) => Promise<number>;

export const fetchPost: Post = async ({ url, headers, body, signal }) => {
  const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
  await response.body?.cancel();
  return response.status;
};
