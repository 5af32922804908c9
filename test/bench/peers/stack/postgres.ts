import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type ServerProcess, startServer } from "../process/server-process.ts";

/** Where Debian keeps PostgreSQL's programs, by version. */
const DEBIANS = "/usr/lib/postgresql";

/** A PostgreSQL server of its own, with Debian's defaults: every commit is on the disk before it is answered. */
export interface Postgres {
  readonly server: ServerProcess;
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts PostgreSQL in a temporary folder; undefined if Debian's package isn't installed. */
export async function startPostgres(): Promise<Postgres | undefined> {
  const bin = await binFolder();
  if (bin === undefined) return undefined;
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-postgres-"));
  const user = unprivilegedUser();
  if (user) await fs.chown(folder, user.uid, user.gid);
  const data = path.join(folder, "data");
  const create = ["--pgdata", data, "--username", "bench", "--auth", "trust", "--no-sync"];
  await promisify(execFile)(path.join(bin, "initdb"), create, { ...user, cwd: folder });
  const server = await startServer({
    command: [path.join(bin, "postgres"), "-D", data, "-k", folder, "-c", "listen_addresses=127.0.0.1"],
    portArgs: (port) => ["-p", String(port)],
    cwd: folder,
    user,
  });
  return {
    server,
    url: `postgres://bench@127.0.0.1:${server.port}/postgres`,
    async stop() {
      await server.stop("SIGINT");
      await fs.rm(folder, { recursive: true });
    },
  };
}

async function binFolder(): Promise<string | undefined> {
  const versions = await fs.readdir(DEBIANS).catch(() => []);
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : path.join(DEBIANS, newest, "bin");
}

/** PostgreSQL refuses to run as root; Debian's package brings a user. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (option: string): number => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}
