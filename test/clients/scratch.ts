import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/** Gives a new folder to whoever needs one, and removes it afterwards. */
export async function withScratch<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-clients-"));
  try {
    return await use(folder);
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}
