/**
 * The Dockerfile built by Buildah. Its base images cannot be had everywhere: programs of this machine
 * stand in for them, so that every step runs as it is written.
 */
import { dirname, join } from "node:path";
import { run } from "./process.ts";
import { scratchDir } from "./scratch.ts";

const ROOT = join(import.meta.dirname!, "..", "..", "..");
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
const NAME_FILES = ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", CERTIFICATES];

/** Of the image's configuration, what starting it takes. */
interface ImageConfig {
  Env: string[];
  User: string;
  WorkingDir: string;
  Entrypoint: string[];
  Healthcheck: { Test: string[] };
}

interface BuiltImage extends AsyncDisposable {
  readonly config: ImageConfig;
  /** Its root directory, mounted. */
  readonly root: string;
}

/** Builds the Dockerfile for this machine's architecture and mounts the result. */
export async function buildDockerfile(): Promise<BuiltImage> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("image-build")).path;
  const store = ["--root", join(dir, "store"), "--runroot", join(dir, "run")];
  const env = { STORAGE_DRIVER: "vfs", BUILDAH_ISOLATION: "chroot" };
  const buildah = async (command: string, ...args: string[]) =>
    (await run("buildah", [...store, command, ...args], { env, timeout: 300_000 })).trim();

  const denort = Deno.env.get("DENORT_BIN");
  const deno = Deno.execPath();
  await makeBase(join(dir, "deno"), [deno, "/bin/sh", "/bin/mkdir", ...denort ? [denort] : []], [
    `ENV PATH=${dirname(deno)}:/bin SSL_CERT_FILE=${CERTIFICATES} DENO_TLS_CA_STORE=system`,
    ...denort ? [`ENV DENORT_BIN=${denort}`] : [],
  ]);
  await buildah("bud", "--tag", "localhost/deno", join(dir, "deno"));
  await makeBase(join(dir, "distroless"), [...denort ? [denort] : [deno]], [
    "ENV PATH=/usr/local/bin:/bin",
  ]);
  await Deno.remove(join(dir, "distroless", "root", denort ?? deno)); // its libraries are wanted
  await buildah("bud", "--tag", "localhost/distroless", join(dir, "distroless"));

  const dockerfile = (await Deno.readTextFile(join(ROOT, "Dockerfile")))
    .replace(/^FROM --platform=\S+ \S+\/deno:\S+/m, "FROM localhost/deno")
    .replace(/^FROM \S+\/distroless\/\S+/m, "FROM localhost/distroless");
  await Deno.writeTextFile(join(dir, "Dockerfile"), dockerfile);
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "amd64";
  const argumentsGiven = ["GIT_COMMIT=0123456789abcdef", `TARGETARCH=${arch}`];
  await buildah(
    "bud",
    ...["--format", "docker", "--network", "host", "--tag", "localhost/berth"],
    ...argumentsGiven.flatMap((argument) => ["--build-arg", argument]),
    ...["--file", join(dir, "Dockerfile"), ROOT],
  );
  const { Docker } = JSON.parse(await buildah("inspect", "--type", "image", "localhost/berth"));
  const container = await buildah("from", "localhost/berth");
  const root = await buildah("mount", container);
  const owned = stack.move();
  return {
    config: Docker.config as ImageConfig,
    root,
    async [Symbol.asyncDispose]() {
      await buildah("umount", container);
      await owned.disposeAsync();
    },
  };
}

/** A Dockerfile in `dir` of an image that holds `programs`, their libraries and name resolution. */
async function makeBase(dir: string, programs: string[], more: string[]): Promise<void> {
  const files = new Set([...programs, ...NAME_FILES]);
  for (const program of programs) {
    const libraries = await run("ldd", [program]);
    for (const [path] of libraries.matchAll(/\/\S+/g)) files.add(path.replace(/:$/, ""));
  }
  for (const file of files) {
    const copy = join(dir, "root", file);
    await Deno.mkdir(dirname(copy), { recursive: true });
    await Deno.copyFile(file, copy);
  }
  await Deno.mkdir(join(dir, "root", "tmp"), { recursive: true });
  await Deno.writeTextFile(
    join(dir, "Dockerfile"),
    ["FROM scratch", "COPY root /", ...more, ""].join("\n"),
  );
}
