/** A network that leads nowhere: a namespace with one link to this machine, and no route beyond it. */
import { randomInt } from "node:crypto";
import { run } from "./process.ts";

export interface Island extends AsyncDisposable {
  /** Its address on the link. */
  readonly address: string;
  /** `command`, as it is to be started to run there. */
  there(command: readonly string[]): string[];
}

/** Makes one (Linux, as root). */
export async function island(): Promise<Island> {
  const id = randomInt(2 ** 16).toString(16);
  const [name, near, far] = [`berth-${id}`, `bn${id}`, `bf${id}`];
  const net = `10.213.${randomInt(256)}.${4 * randomInt(64)}`;
  const at = (host: number) => net.replace(/\d+$/, (last) => String(Number(last) + host));
  await using stack = new AsyncDisposableStack();
  const ip = (...args: string[]) => run("ip", args);
  await ip("netns", "add", name);
  // The link goes with it.
  stack.defer(async () => void await ip("netns", "del", name));
  await ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name);
  await ip("addr", "add", `${at(1)}/30`, "dev", near);
  await ip("link", "set", near, "up");
  await ip("-n", name, "addr", "add", `${at(2)}/30`, "dev", far);
  await ip("-n", name, "link", "set", far, "up");
  await ip("-n", name, "link", "set", "lo", "up");
  const owned = stack.move();
  return {
    address: at(2),
    there: (command) => ["ip", "netns", "exec", name, ...command],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
