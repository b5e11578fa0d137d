/** The dashboard's port: its password and its listener at once, what answers there a little later. */
import { join } from "node:path";
import { needsPassword } from "../proxy/config/admins.ts";
import { dashboardCertificate } from "../proxy/config/certificates.ts";
import { type Config, parseListen, type Registry } from "../proxy/config/schema.ts";
import type { ForwardService } from "../proxy/forward/service.ts";
import { type FollowingListener, listenWithFiles } from "../proxy/http/listen_with_files.ts";
import { logger } from "../proxy/observe/log.ts";
import { timeoutsOf } from "../proxy/upstream/deadline.ts";
import { probe } from "../proxy/upstream/probe.ts";
import type { AdminApp } from "../ui/admin.ts";
import { firstPassword, forgetFirstPassword } from "../ui/first_password.ts";
import type { State, StateDeps } from "../ui/state.ts";
import type { Ahead } from "./ahead.ts";
import type { Books } from "./books.ts";
import { usingDataDir } from "./data_dir.ts";
import { openSessions } from "./sessions.ts";
import type { Surroundings } from "./surroundings.ts";

interface Dashboard {
  listener: FollowingListener;
  /** To sign in with, where one had to be made. */
  password: string | undefined;
  /**
   * Loads what answers there, as the first request does otherwise. Its schemas are a quarter of a
   * whole start, for which the registry port would wait.
   */
  load(): void;
}

/** Listens, where the configuration says so. Throws `ListenError` and `DataDirError`. */
export async function startDashboard(
  deps: StateDeps & { ahead: Ahead | undefined },
  { books, state, forward, around }: {
    books: Books;
    state: State;
    forward: ForwardService;
    around: Surroundings;
  },
): Promise<Dashboard | undefined> {
  const { live } = deps;
  const { admin, cache: { dir } } = live.current;
  const { listen: address, auth } = admin;
  if (address === "") return undefined;
  const { hash, made } = !needsPassword(admin) || auth === "none"
    ? await usingDataDir(dir, () => forgetFirstPassword(dir)).then(() => ({ hash: "", made: "" }))
    : await madePassword(live.current);
  const sessions = await openSessions(live.current, books.memory);
  let loading: Promise<AdminApp> | undefined;
  const app = () =>
    loading ??= import("../ui/admin.ts").then(({ createAdmin }) =>
      createAdmin({
        ...deps,
        metrics: books.metrics,
        webhooks: books.webhooks,
        tokens: books.tokens,
        audit: books.audit,
        forward,
        probe: (registry: Registry, signal: AbortSignal) =>
          probe(registry, { timeouts: timeoutsOf(live.current.upstream), env: around.env }, signal),
        madePasswordHash: hash,
        sessions,
        memory: books.memory,
        pages: join(around.root, "ui", "dist"),
      }, state)
    );
  const listener = await listenWithFiles(
    {
      address: parseListen(address)!,
      handler: async (request, { peer }) => await (await app()).fetch(request, { peer }),
      warn: logger("dashboard").warn,
    },
    dashboardCertificate(live.current),
    { section: "admin.tls", log: logger("tls") },
  );
  return { listener, password: made, load: () => void app() };
}

/** The hash of the first password, and itself where it was just made and is to be printed. */
async function madePassword({ cache: { dir }, log }: Config) {
  const quiet = log.format === "json";
  const { hash, made, file } = await usingDataDir(dir, () => firstPassword(dir, quiet));
  if (!made || !quiet) return { hash, made };
  logger("start").warn(
    file
      ? `the dashboard's first password is in ${file}: sign in with it, then delete the file`
      : "the dashboard's password was made for this start and is not logged: " +
        "set admin.password_hash, or log.format: text",
  );
  return { hash, made: undefined };
}
