import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { PEERS_DIR } from "./peer-programs.ts";

/** Of npm itself: what it installed last. */
const INSTALLED = path.join(PEERS_DIR, "node_modules/.package-lock.json");

/**
 * Installs the peers from npm, unless they are there.
 *
 * @returns undefined, or a sentence that says why they can't be measured.
 */
export async function installPeers(): Promise<string | undefined> {
  if (await isNewer(INSTALLED, path.join(PEERS_DIR, "package-lock.json"))) return undefined;
  try {
    // Without what npm tells its scripts of the project that they belong to.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
    await promisify(execFile)("npm", ["ci", "--no-audit", "--no-fund"], { cwd: PEERS_DIR, env });
    return undefined;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    return `npm could not install test/bench/peers: ${said.trim().split("\n").at(0) ?? ""}`;
  }
}

async function isNewer(file: string, than: string): Promise<boolean> {
  try {
    return (await fs.stat(file)).mtimeMs >= (await fs.stat(than)).mtimeMs;
  } catch {
    return false;
  }
}
