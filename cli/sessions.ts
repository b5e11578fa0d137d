/** The dashboard's sessions: good at every Berth of a cluster, and after a restart. */
import type { SharedMemory } from "../base/shared_memory.ts";
import type { Config } from "../proxy/config/schema.ts";
import { logger } from "../proxy/observe/log.ts";
import { clusterKeys } from "../proxy/peers/signature.ts";
import { EndedSessions } from "../ui/ended_sessions.ts";
import { openSessionFile } from "../ui/session_file.ts";
import { Sessions } from "../ui/session.ts";
import { usingDataDir } from "./data_dir.ts";

/** Throws `DataDirError`. What cannot be written later on is logged: that session ends here all the same. */
export async function openSessions(
  { admin, cache: { dir }, cluster }: Config,
  shared: SharedMemory | undefined,
): Promise<Sessions> {
  const now = Date.now;
  if (admin.auth === "none") return new Sessions({ now });
  const { key, known, save } = await usingDataDir(dir, () => openSessionFile(dir));
  const keys = clusterKeys(cluster.secret, "sessions");
  const warn = (error: unknown) =>
    logger("dashboard").warn("a session that was ended would be good after a restart", { error });
  const ended = new EndedSessions({
    now,
    known,
    save: (known) => save(known).catch(warn),
    shared,
  });
  return new Sessions({ now, keys: keys.length > 0 ? keys : [key], ended });
}
