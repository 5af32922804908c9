import fs from "node:fs";

export type Lock =
  | { readonly kind: "ours"; release(): void }
  /** Another running process holds it. */
  | { readonly kind: "held"; readonly pid: number };

/**
 * Takes a lock, which is a file with its owner's process id. It takes over the lock of a process that was killed, or of
 * this process.
 */
export function lockFile(file: string): Lock {
  const pid = ownerOf(file);
  if (pid !== null && pid !== process.pid && isAlive(pid)) return { kind: "held", pid };
  fs.writeFileSync(file, String(process.pid));
  return { kind: "ours", release: () => fs.rmSync(file, { force: true }) };
}

function ownerOf(file: string): number | null {
  try {
    return Number(fs.readFileSync(file, "utf8")) || null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
