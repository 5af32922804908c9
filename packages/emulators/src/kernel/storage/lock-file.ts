import fs from "node:fs";

export type Lock =
  | { readonly kind: "ours"; release(): void }
  /** Another process, which is alive, holds it. */
  | { readonly kind: "held"; readonly pid: number };

/**
 * Takes the lock that a file stands for: it holds the process id of its owner. What a killed process left behind, or
 * this process itself holds, is taken over.
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
