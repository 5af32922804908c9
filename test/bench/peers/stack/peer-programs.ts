import path from "node:path";
import type { ServerProgram } from "../process/server-process.ts";

/** The folder of the peers: their package.json, and their programs. */
export const PEERS_DIR = path.resolve(import.meta.dirname, "..");

/** One of the peers' programs, as people deploy them: from its modules, without a compile cache. */
export function peerProgram(name: string, env: Readonly<Record<string, string>>): ServerProgram {
  const file = path.join(PEERS_DIR, "programs", `${name}.js`);
  return { command: [process.execPath, file], cwd: PEERS_DIR, env: { NODE_ENV: "production", ...env } };
}
