/** What a soak runs on: registries that misbehave, a disk that can be filled, a Berth with secrets. */
import { hash } from "bcryptjs";
import { join } from "node:path";
import { type FakeImage, image } from "../../fake/content.ts";
import { type FakeRegistry, fakeRegistry } from "../../fake/registry.ts";
import { giveToBerth } from "../harness/account.ts";
import { type Berth, startBerth } from "../harness/berth.ts";
import { run } from "../harness/process.ts";
import { scratchDir } from "../harness/scratch.ts";
import type { Dice } from "./dice.ts";

const IMAGES = 60;
const LAYER_SIZES = [900, 40_000, 300_000, 2_000_000];
/** Less than all images together, so that eviction has its part in it. */
export const MAX_SIZE = 60 * 2 ** 20;
const DISK = "128m";

export interface SoakLab extends AsyncDisposable {
  readonly berth: Berth;
  /** Has everything that anybody may pull, and the faults. */
  readonly hub: FakeRegistry;
  /** Has one image, for one user. */
  readonly vault: FakeRegistry;
  readonly images: ReadonlyMap<string, FakeImage>;
  readonly secretImage: FakeImage;
  /** Where the blobs are. */
  readonly cacheDir: string;
  /** The `Authorization` of who may pull from the hub, and of who may pull from the vault as well. */
  readonly reader: string;
  readonly owner: string;
  /** What nobody may find anywhere, by what it is. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Leaves no byte on the disk, or gives it back; only as root, else it does nothing. */
  fillDisk(): Promise<void>;
  freeDisk(): Promise<void>;
}

export const VAULT_IMAGE = "vault/app";

/** Starts it all. */
export async function startSoakLab(dice: Dice): Promise<SoakLab> {
  await using stack = new AsyncDisposableStack();
  const images = new Map<string, FakeImage>();
  for (let i = 0; i < IMAGES; i++) {
    const layers = Array.from({ length: 3 }, () => dice.pick(LAYER_SIZES));
    images.set(`soak/app-${i}`, image({ seed: i + 1, layers }));
  }
  const secretImage = image({ seed: 1000, layers: [300_000] });
  const password = (name: string) => `S-${name}-${crypto.randomUUID()}`;
  const [hubPassword, vaultPassword] = [password("hub"), password("vault")];
  const [readerPassword, ownerPassword] = [password("reader"), password("owner")];
  const tagged = [...images].map(([name, one]) => [`${name}:latest`, one] as const);
  const hub = stack.use(
    await fakeRegistry({
      images: Object.fromEntries(tagged),
      auth: { scheme: "basic", users: { berth: hubPassword } },
      redirect: { to: "cdn", once: true },
    }),
  );
  const vault = stack.use(
    await fakeRegistry({
      images: { [`${VAULT_IMAGE}:latest`]: secretImage },
      auth: { scheme: "basic", users: { berth: vaultPassword } },
    }),
  );

  const disk = stack.use(await scratchDir("soak"));
  const root = Deno.uid() === 0;
  if (root) {
    await run("mount", ["-t", "tmpfs", "-o", `size=${DISK},mode=777`, "tmpfs", disk.path]);
  }
  const cacheDir = join(disk.path, "cache");
  await Deno.mkdir(cacheDir);
  await giveToBerth(cacheDir);
  const manifests = { ttl: "1s" };
  const signedIn = (secret: string) => ({ auth: { username: "berth", password: secret } });
  const berth = stack.use(
    await startBerth({
      default_registry: "hub",
      path_names: true,
      log: { level: "debug" },
      cache: { dir: cacheDir, max_size: `${MAX_SIZE}`, min_free: "0" },
      upstream: { connect_timeout: "1s", response_timeout: "1s", idle_timeout: "1s", retries: 3 },
      users: { reader: await hash(readerPassword, 4), owner: await hash(ownerPassword, 4) },
      registries: {
        hub: { url: hub.url, library: false, manifests, ...signedIn(hubPassword) },
        vault: { url: vault.url, access: { users: ["owner"] }, ...signedIn(vaultPassword) },
      },
    }),
  );
  const ballast = join(disk.path, "ballast");
  const owned = stack.move();
  return {
    berth,
    hub,
    vault,
    images,
    secretImage,
    cacheDir,
    reader: basic("reader", readerPassword),
    owner: basic("owner", ownerPassword),
    secrets: new Map([
      ["Berth's password at the hub", hubPassword],
      ["the same as Basic", btoa(`berth:${hubPassword}`)],
      ["Berth's password at the vault", vaultPassword],
      ["the same as Basic", btoa(`berth:${vaultPassword}`)],
      ["a user's password", readerPassword],
      ["another's", ownerPassword],
    ]),
    async fillDisk() {
      if (!root) return;
      // Until there is no room; what dd says then is that there is none.
      const args = ["if=/dev/zero", `of=${ballast}`, "bs=64k"];
      await new Deno.Command("dd", { args, stdout: "null", stderr: "null" }).output();
    },
    async freeDisk() {
      await Deno.remove(ballast).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function basic(user: string, password: string): string {
  return `Basic ${btoa(`${user}:${password}`)}`;
}
