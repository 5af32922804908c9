import fs from "node:fs/promises";
import path from "node:path";

/** The number of files in a folder, at any depth, and their total size in bytes. */
export async function sizeOf(folder: string): Promise<{ files: number; bytes: number }> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const stats = await Promise.all(files.map((file) => fs.stat(path.join(file.parentPath, file.name))));
  return { files: files.length, bytes: stats.reduce((sum, { size }) => sum + size, 0) };
}
