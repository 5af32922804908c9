import fs from "node:fs";

/** Where a file is written before it takes its place, whole. A kill may leave it behind. */
export const temporaryOf = (path: string): string => `${path}.new`;

/** Removes a file, if there is one and it can be removed. */
export function removeFile(path: string): void {
  try {
    fs.rmSync(path, { force: true });
  } catch {
    // The next start tries again.
  }
}

/** Frees the space of a file that somebody may have open. */
export function emptyFile(path: string): void {
  try {
    fs.truncateSync(path);
  } catch {
    // It isn't there, or can't be changed.
  }
}
