import fs from "node:fs";
import { onTestFinished, vi } from "vitest";

/** A disk on which writes fail, for the whole process, until it is free again or the test ends. */
export interface FullDisk {
  free(): void;
}

/** What the file system says, and what a caller of the emulator gets to see. */
export const WRITE_FAILURES = [
  { code: "ENOSPC", errno: -28, says: "no space left on device (ENOSPC)", status: "RESOURCE_EXHAUSTED" },
  {
    code: "Unknown system error -122",
    errno: -122,
    says: "disk quota exceeded (EDQUOT)",
    status: "RESOURCE_EXHAUSTED",
  },
  { code: "EIO", errno: -5, says: "i/o error (EIO)", status: "UNAVAILABLE" },
  { code: "EROFS", errno: -30, says: "read-only file system (EROFS)", status: "UNAVAILABLE" },
  { code: "EACCES", errno: -13, says: "permission denied (EACCES)", status: "UNAVAILABLE" },
] as const;

export type WriteFailure = Pick<(typeof WRITE_FAILURES)[number], "code" | "errno">;

/**
 * Makes writes to open files fail. The first writes half of what it should, as on a disk that has just become full.
 *
 * By a spy, since no test can count on a small disk of its own.
 */
export function fillDisk({ code, errno }: WriteFailure = WRITE_FAILURES[0]): FullDisk {
  const write = fs.writeSync.bind(fs);
  let hasWrittenHalf = false;
  const spy = vi.spyOn(fs, "writeSync").mockImplementation((descriptor: number, bytes: unknown) => {
    if (!hasWrittenHalf && Buffer.isBuffer(bytes)) {
      hasWrittenHalf = true;
      return write(descriptor, bytes.subarray(0, bytes.length >> 1));
    }
    throw Object.assign(new Error(`${code}: write`), { code, errno, syscall: "write" });
  });
  onTestFinished(() => spy.mockRestore());
  return { free: () => spy.mockRestore() };
}
