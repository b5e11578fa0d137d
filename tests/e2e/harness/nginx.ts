/** nginx with a configuration of the caller's. */
import { join } from "node:path";
import { type Running, start } from "./process.ts";
import { answers } from "./wait.ts";

/**
 * Starts nginx on `port` of loopback, in the foreground, with `http` as its http block. It has started
 * when `ready` says so: when `/v2/` is answered, unless the caller knows better. `user` and group are
 * those of its workers.
 */
export async function startNginx(
  dir: string,
  port: number,
  http: string,
  ready = () => answers(`http://127.0.0.1:${port}/v2/`, { statuses: [200] }),
  user = "root",
): Promise<Running> {
  const file = join(dir, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${join(dir, `${kind}_temp`)};`);
  await Deno.writeTextFile(
    file,
    `daemon off;
worker_processes auto;
user ${user};
pid ${join(dir, "nginx.pid")};
error_log stderr warn;
events { worker_connections 4096; }
http {
${temporary.join("\n")}
sendfile on;
${http}
}
`,
  );
  return await start("nginx", ["-e", "stderr", "-c", file], { ready });
}
