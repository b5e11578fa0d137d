/** JSON, a line each, as a running server tells of its progress. */

/** Hands on each line of JSON in `body`; the result is the last one. */
export async function told<T>(
  body: ReadableStream<Uint8Array>,
  progress: (now: T) => void,
): Promise<T | undefined> {
  let last: T | undefined;
  for await (const line of lines(body)) {
    last = JSON.parse(line);
    progress(last!);
  }
  return last;
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
