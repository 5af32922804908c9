import fs from "node:fs";
import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { Clock } from "../runtime/clock.ts";

/** Looks a name up in the hosts file; empty if the file doesn't contain it. */
export type HostsFile = (hostname: string) => LookupAddress[];

const SYSTEM_PATH = process.platform === "win32" ? String.raw`C:\Windows\System32\drivers\etc\hosts` : "/etc/hosts";

/** How long until the file is checked for changes again. */
const RECHECK_MS = 5_000;

/** Lists that block advertisements can have a few MiB. Anything beyond this is not read. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The system's hosts file. It is read at the first lookup, and again after a change; a file that can't be read counts
 * as empty. The read is synchronous, so that it can't wait for a full thread pool.
 *
 * @param options.path default: the operating system's hosts file.
 */
export function openHostsFile({ clock, path = SYSTEM_PATH }: { clock: Clock; path?: string }): HostsFile {
  let names: ReadonlyMap<string, LookupAddress[]> = new Map();
  let version = "";
  let checkedAtMs = -Infinity;

  function recheck(): void {
    if (clock.now() < checkedAtMs + RECHECK_MS) return;
    checkedAtMs = clock.now();
    const found = versionOf(path);
    if (found === version) return;
    version = found;
    names = namesIn(found === "" ? "" : readStart(path));
  }

  return (hostname) => {
    recheck();
    return [...(names.get(hostname.toLowerCase()) ?? [])];
  };
}

/** Changes when the file's content does; empty if there is no file. */
function versionOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = fs.statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return "";
  }
}

function readStart(path: string): string {
  try {
    return fs.readFileSync(path, "utf8").slice(0, MAX_BYTES);
  } catch {
    return "";
  }
}

function namesIn(text: string): Map<string, LookupAddress[]> {
  const found = new Map<string, LookupAddress[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...hostnames] = line.replace(/#.*/, "").trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const hostname of hostnames) {
      const key = hostname.toLowerCase();
      found.set(key, [...(found.get(key) ?? []), { address, family }]);
    }
  }
  return found;
}
