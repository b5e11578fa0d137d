/** A peer's answer that is given up when the peer turns out to have gone: silence alone says nothing. */
import type { Clock } from "../../base/clock.ts";
import { SourceBroken } from "../errors.ts";
import type { SourceAnswer } from "../types.ts";

export interface WatchOptions {
  clock: Clock;
  /** Milliseconds of silence after which `alive` is asked, and again each time as long. */
  silent: number;
  /** Whether the peer still does what it is waited for. */
  alive: () => Promise<boolean>;
  signal: AbortSignal;
}

/**
 * What `open` resolves to, with a body that breaks off when its sender has gone without a word. A
 * machine that lost its power resets no connection. Throws what `open` throws, and SourceBroken where
 * the peer has gone before its answer.
 */
export async function watched(
  open: (signal: AbortSignal) => Promise<SourceAnswer | undefined>,
  options: WatchOptions,
): Promise<SourceAnswer | undefined> {
  const gone = new AbortController();
  const signal = AbortSignal.any([options.signal, gone.signal]);
  const answer = await heard(open(signal), options, (error) => gone.abort(error));
  if (!answer) return undefined;
  return { ...answer, body: guarded(answer, options) };
}

function guarded({ body }: SourceAnswer, options: WatchOptions): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let at = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const giveUp = (error: Error) => {
        reader.cancel(error).catch(() => {});
      };
      const { value } = await heard(reader.read(), options, giveUp, at);
      if (!value) return controller.close();
      at += value.length;
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** `awaited`, or an error as soon as the peer has gone; then `giveUp` is called, too. */
async function heard<T>(
  awaited: Promise<T>,
  { clock, silent, alive, signal }: WatchOptions,
  giveUp: (error: Error) => void,
  at = 0,
): Promise<T> {
  const lost = Promise.withResolvers<never>();
  let cancel = () => {};
  let over = false;
  const listen = () => {
    if (over) return;
    cancel = clock.after(silent, async () => {
      if (signal.aborted || await alive()) return listen();
      const error = new SourceBroken("the peer has gone", at);
      lost.reject(error); // First: a reader that is cancelled sees the end of its body.
      giveUp(error);
    });
  };
  listen();
  lost.promise.catch(() => {});
  try {
    return await Promise.race([awaited, lost.promise]);
  } finally {
    over = true;
    cancel();
  }
}
