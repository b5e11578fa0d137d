/** Bundles by way of a running server: what it takes and gives over the control socket. */
import type { Hono } from "hono";
import type { Cache } from "../../cache/api.ts";
import { BundleProblem } from "./problem.ts";
import { type Arriving, type Named, takeFrom, type Transfer, transferWith } from "./transfer.ts";

interface Settling {
  images: Named[];
  checkedAt: number;
}

/** Has `app` answer what {@linkcode remoteTransfer} asks. */
export function transferRoutes(
  app: Hono,
  cache: Cache,
  settled?: (images: readonly Named[]) => void,
): void {
  const transfer = transferWith(cache, settled);
  app.post("/content", async (c) => {
    const { digest } = await c.req.json<{ digest: string }>();
    const content = await transfer.content(digest);
    return content ? new Response(content) : c.notFound();
  });
  app.post("/missing", async (c) => {
    const { digests } = await c.req.json<{ digests: string[] }>();
    return c.json(await transfer.missing(digests));
  });
  app.post("/settle", async (c) => {
    const { images, checkedAt } = await c.req.json<Settling>();
    return c.json(await transfer.settle(images, checkedAt));
  });
  app.post("/take", async (c) => {
    const { digest, size, type } = c.req.query() as Record<string, string>;
    const blob = { digest: digest!, size: Number(size), mediaType: type! };
    let body = c.req.raw.body ?? undefined;
    try {
      await takeFrom(cache, blob, () => {
        // What was sent cannot be sent again; who sends it does, from its beginning.
        if (!body) return Promise.reject(new Error("the sender has gone"));
        const answer = { offset: 0, total: blob.size, body };
        body = undefined;
        return Promise.resolve(answer);
      });
      return c.json(true);
    } catch (error) {
      if (!(error instanceof BundleProblem)) throw error;
      return c.text(error.message, 422);
    } finally {
      await body?.cancel().catch(() => {});
    }
  });
}

/** Sends a request to the server; the answer may be any. */
export type Send = (path: string, body: BodyInit) => Promise<Response>;

const GONE = "the running server has ended; once it runs, the same command goes on from there";

/** {@linkcode Transfer} by a running server. */
export function remoteTransfer(send: Send): Transfer {
  const ask = async (path: string, body: BodyInit) => {
    const response = await send(path, body).catch((error) => {
      throw new BundleProblem(GONE, { cause: error });
    });
    if (response.ok || response.status === 404) return response;
    const text = await response.text();
    throw new BundleProblem(
      response.status === 422 ? text : `the running server has failed; its log says why`,
    );
  };
  const json = async (path: string, body: unknown) =>
    await (await ask(path, JSON.stringify(body))).json();
  return {
    async content(digest) {
      const response = await ask("content", JSON.stringify({ digest }));
      if (response.ok) return response.body ?? ReadableStream.from([]);
      await response.body?.cancel();
    },
    missing: (digests) => json("missing", { digests }),
    settle: (images, checkedAt) => json("settle", { images, checkedAt }),
    async take({ digest, size, mediaType }: Arriving, open) {
      const query = new URLSearchParams({ digest, size: String(size), type: mediaType });
      try {
        await (await ask(`take?${query}`, open(0))).body?.cancel();
      } catch (error) {
        // A client's pull may have brought it, and nobody waited for the rest of what was sent.
        const there = (await json("missing", { digests: [digest] })).length === 0;
        if (!there) throw error;
      }
    },
  };
}
