/** The account without rights that Berth runs under where root runs the tests. */

export const NOBODY = { uid: 65534, gid: 65534 };

/** Gives a file or directory of the tests to Berth. */
export async function giveToBerth(path: string): Promise<void> {
  if (Deno.uid() === 0) await Deno.chown(path, NOBODY.uid, NOBODY.gid);
}
