/**
 * What all tests of a file share: made before the first one and disposed of after the last. Call it at
 * the top level; what it returns gives that to a test.
 */
export function forAll<T extends AsyncDisposable>(setUp: () => Promise<T>): () => T {
  let shared: T | undefined;
  Deno.test.beforeAll(async () => {
    shared = await setUp();
  });
  Deno.test.afterAll(async () => {
    await shared?.[Symbol.asyncDispose]();
  });
  return () => {
    if (!shared) throw new Error("only tests can use what they share");
    return shared;
  };
}
