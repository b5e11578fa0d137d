import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { SetupOptions } from "../../../proxy/forward/setup/page.ts";
import { setupPages } from "../../../proxy/forward/setup/setup.ts";
import { settingsFor, temporaryAuthority } from "./harness.ts";

const authority = await temporaryAuthority();
const options: SetupOptions = { ...settingsFor(), authority };
const HOST = "berth.example:3128";

function get(path: string, host = HOST, more: Partial<SetupOptions> = {}) {
  return setupPages(new Request(`http://${host}${path}`), { ...options, ...more });
}

async function script(name: string): Promise<string> {
  return await (await get(`/setup/${name}`))!.text();
}

/** A root directory as a system would have it, for scripts with DESTDIR. */
class Root implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(files: Record<string, string> = {}): Promise<Root> {
    const root = new Root(await Deno.makeTempDir());
    await Deno.mkdir(join(root.path, "usr/local/share/ca-certificates"), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root.path, name)), { recursive: true });
      await Deno.writeTextFile(join(root.path, name), text);
    }
    return root;
  }

  async run(script: string, ...args: string[]): Promise<string> {
    return await this.runWith(script, args);
  }

  async runWith(script: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const child = new Deno.Command("sh", {
      args: ["-s", ...args],
      env: { NO_PROXY: "", DESTDIR: this.path, ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const { success, stdout, stderr } = await child.output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    if (!success) throw new Error(text);
    return text;
  }

  read(name: string): string {
    return Deno.readTextFileSync(join(this.path, name));
  }

  /** Every file with its content. */
  files(dir = this.path): Record<string, string> {
    const found: Record<string, string> = {};
    for (const entry of Deno.readDirSync(dir)) {
      const path = join(dir, entry.name);
      if (entry.isDirectory) Object.assign(found, this.files(path));
      else found[path.slice(this.path.length + 1)] = Deno.readTextFileSync(path);
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

const CA_FILE = "usr/local/share/ca-certificates/berth-docker.service.crt";
const DROPIN = "etc/systemd/system/docker.service.d/http-proxy.conf";

Deno.test("setup, the page names scripts, hosts and the CA's fingerprint", async () => {
  const page = (await get("/"))!;
  assert.match(page.headers.get("content-security-policy")!, /default-src 'none'/);
  const text = await page.text();
  for (const part of ["/setup/systemd", "docker.io", authority.fingerprint, `http://${HOST}/`]) {
    assert.ok(text.includes(part), part);
  }
  const without = await get("/", HOST, { authority: undefined });
  assert.match(await without!.text(), /passes through unread/);
});

Deno.test("setup, /ca.crt is the CA, and there is none where nothing is intercepted", async () => {
  assert.equal(await (await get("/ca.crt"))!.text(), authority.pem);
  assert.equal((await get("/ca.crt", HOST, { authority: undefined }))!.status, 404);
});

Deno.test("setup, everything else is not ours", async () => {
  for (const path of ["/v2/", "/healthz", "/setup", "/setup/", "/setup/a/b", "/ca.crt/x"]) {
    assert.equal(await get(path), undefined, path);
  }
  assert.equal((await get("/setup/nonsense"))!.status, 404);
  const post = new Request(`http://${HOST}/setup/docker`, { method: "POST" });
  assert.equal((await setupPages(post, options))!.status, 405);
});

Deno.test("setup, nothing but a host gets into a script", async () => {
  for (const host of ["a'b.example", "$(id).example", "a;b", "a&b", "`id`"]) {
    const request = { method: "GET", url: `http://${host}/setup/docker` } as Request;
    if (!URL.canParse(request.url)) continue;
    assert.equal((await setupPages(request, options))!.status, 400, host);
  }
});

Deno.test("setup/systemd, writes drop-in and CA, again and again", async () => {
  await using root = await Root.make();
  const text = await script("systemd");
  await root.run(text);
  const once = root.files();
  assert.deepEqual(Object.keys(once).sort(), [DROPIN, CA_FILE]);
  assert.equal(once[CA_FILE], authority.pem);
  assert.equal(
    once[DROPIN],
    `# Written by Berth.
[Service]
Environment="HTTP_PROXY=http://${HOST}/"
Environment="HTTPS_PROXY=http://${HOST}/"
Environment="NO_PROXY="
`,
  );
  const said = await root.run(text);
  assert.deepEqual(root.files(), once);
  assert.match(said, /left out because of DESTDIR: systemctl try-restart docker\.service/);
});

Deno.test("setup/systemd, undo leaves what was there before", async () => {
  await using root = await Root.make({ [DROPIN]: '[Service]\nEnvironment="HTTP_PROXY=mine"\n' });
  const before = root.files();
  const text = await script("systemd");
  await root.run(text);
  await root.run(text);
  assert.match(root.read(DROPIN), /berth\.example/);
  await root.run(text, "undo");
  assert.deepEqual(root.files(), before);
  await root.run(text, "undo");
  assert.deepEqual(root.files(), before);
});

Deno.test("setup/systemd, through the documented seds", async () => {
  await using root = await Root.make();
  const piped = (await script("systemd"))
    .replace(/docker\.service/g, "containerd.service")
    .replace(/^.*Environment.*$/gm, '$& "NO_PROXY=127.0.0.0/8,10.0.0.0/8"');
  await root.run(piped);
  const dropin = root.read("etc/systemd/system/containerd.service.d/http-proxy.conf");
  const lines = dropin.split("\n").filter((line) => line.startsWith("Environment="));
  assert.deepEqual(lines, [
    `Environment="HTTP_PROXY=http://${HOST}/" "NO_PROXY=127.0.0.0/8,10.0.0.0/8"`,
    `Environment="HTTPS_PROXY=http://${HOST}/" "NO_PROXY=127.0.0.0/8,10.0.0.0/8"`,
    'Environment="NO_PROXY=" "NO_PROXY=127.0.0.0/8,10.0.0.0/8"',
  ]);
  assert.deepEqual(Object.keys(root.files()).filter((name) => name.includes("docker")), []);
});

Deno.test("setup, sign-in and direct hosts come from the environment", async () => {
  await using root = await Root.make();
  const env = { BERTH_LOGIN: "ann:pw", NO_PROXY: "registry.local" };
  await root.runWith(await script("containerd"), [], env);
  const name = "etc/systemd/system/containerd.service.d/http-proxy.conf";
  assert.match(root.read(name), /"HTTPS_PROXY=http:\/\/ann:pw@berth\.example:3128\/"/);
  assert.match(root.read(name), /"NO_PROXY=registry\.local"/);
  const { mode } = await Deno.stat(join(root.path, name));
  assert.equal(mode! & 0o077, 0, "a password is not for everybody");
});

const editsJson = await has("jq") || await has("python3");
Deno.test(
  "setup/docker, changes proxies in daemon.json and nothing else",
  { ignore: !editsJson },
  async () => {
    const file = "etc/docker/daemon.json";
    const own = { "log-driver": "journald", proxies: { "https-proxy": "http://other:3128" } };
    for (const before of [undefined, own]) {
      await using root = await Root.make(before ? { [file]: JSON.stringify(before) } : {});
      const text = await script("docker");
      await root.run(text);
      await root.run(text);
      assert.deepEqual(JSON.parse(root.read(file)), {
        ...before,
        proxies: {
          "http-proxy": `http://${HOST}/`,
          "https-proxy": `http://${HOST}/`,
          "no-proxy": "",
        },
      });
      await root.run(text, "undo");
      assert.deepEqual(JSON.parse(root.read(file)), before ?? {});
      assert.deepEqual(Object.keys(root.files()), [file]);
    }
  },
);

Deno.test("setup/docker, leaves alone a Docker that would not start again", async () => {
  const dockerd = "usr/sbin/dockerd";
  await using root = await Root.make({
    [dockerd]: "#!/bin/sh\necho 'Docker version 20.10.24+dfsg1'\n",
  });
  await Deno.chmod(join(root.path, dockerd), 0o755);
  await assert.rejects(
    root.run(await script("docker")),
    /Docker 20 knows no proxies .*\/setup\/systemd/,
  );
  assert.deepEqual(Object.keys(root.files()), [dockerd]);
});

Deno.test("setup/podman, a file of its own, and none after undo", async () => {
  await using root = await Root.make();
  const text = await script("podman");
  await root.run(text);
  const conf = root.read("etc/containers/containers.conf.d/berth.conf");
  assert.match(conf, /env = \["HTTP_PROXY=http:\/\/berth\.example:3128\/", "HTTPS_PROXY=/);
  await root.run(text, "undo");
  assert.deepEqual(root.files(), {});
});

Deno.test("setup/k3s, a block in the environment file of each service that is there", async () => {
  const unit = "etc/systemd/system/k3s-agent.service";
  await using root = await Root.make({ [unit]: "[Unit]\n", [`${unit}.env`]: "K3S_TOKEN=x\n" });
  const before = root.files();
  const text = await script("k3s");
  await root.run(text);
  await root.run(text);
  assert.match(
    root.read(`${unit}.env`),
    /^K3S_TOKEN=x\n# Berth: begin\nCONTAINERD_HTTP_PROXY=http:\/\/berth[^]*\n# Berth: end\n$/,
  );
  await root.run(text, "undo");
  assert.deepEqual(root.files(), before);
  await using empty = await Root.make();
  await assert.rejects(empty.run(text), /neither k3s nor k3s-agent is installed/);
});

Deno.test("setup/kind, the containerd script in every node", async () => {
  await using root = await Root.make();
  const bin = join(root.path, "bin");
  await Deno.mkdir(bin);
  const log = join(root.path, "log");
  const stub = (name: string, text: string) =>
    Deno.writeTextFile(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  await stub("kind", 'echo "$*" >> "$LOG"; echo one; echo two');
  await stub("docker", 'echo "docker $*" >> "$LOG"; cat > "$LOG.script"');
  const env = { PATH: `${bin}:${Deno.env.get("PATH")}`, LOG: log, KIND_CLUSTER_NAME: "lab" };
  await root.runWith(await script("kind"), ["undo"], env);
  const lines = Deno.readTextFileSync(log).trim().split("\n");
  assert.equal(lines[0], "get nodes --name lab");
  assert.match(lines[1]!, /^docker exec --interactive .* one sh -s undo$/);
  assert.match(lines[2]!, /^docker exec --interactive .* two sh -s undo$/);
  assert.equal(Deno.readTextFileSync(`${log}.script`), await script("containerd"));
});

Deno.test("setup, without interception no CA is put anywhere", async () => {
  await using root = await Root.make();
  const response = await get("/setup/podman", HOST, { authority: undefined });
  await root.run(await response!.text());
  assert.deepEqual(Object.keys(root.files()), ["etc/containers/containers.conf.d/berth.conf"]);
});

const SCRIPTS = ["systemd", "docker", "containerd", "podman", "k3s", "kind"];
Deno.test("setup, shellcheck finds nothing", { ignore: !await has("shellcheck") }, async () => {
  for (const name of SCRIPTS) {
    const file = await Deno.makeTempFile({ suffix: `-${name}.sh` });
    await Deno.writeTextFile(file, await script(name));
    const { success, stdout } = await new Deno.Command("shellcheck", { args: [file] }).output();
    await Deno.remove(file);
    assert.ok(success, new TextDecoder().decode(stdout));
  }
});

async function has(program: string): Promise<boolean> {
  const args = ["-c", 'command -v "$0"', program];
  return (await new Deno.Command("sh", { args, stdout: "null" }).output()).success;
}
