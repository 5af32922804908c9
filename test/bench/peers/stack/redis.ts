import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type ServerProcess, startServer } from "../process/server-process.ts";

const DEBIANS = "/usr/bin/redis-server";

/** A Redis server of its own, which writes what it is told to a file every second. */
export interface Redis {
  readonly server: ServerProcess;
  stop(): Promise<void>;
}

/** Starts Redis in a temporary folder; undefined if Debian's package isn't installed. */
export async function startRedis(): Promise<Redis | undefined> {
  const isInstalled = await fs.access(DEBIANS).then(
    () => true,
    () => false,
  );
  if (!isInstalled) return undefined;
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-redis-"));
  const server = await startServer({
    command: [DEBIANS, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"],
    portArgs: (port) => ["--port", String(port)],
    cwd: folder,
  });
  return {
    server,
    async stop() {
      await server.stop("SIGTERM");
      await fs.rm(folder, { recursive: true });
    },
  };
}
