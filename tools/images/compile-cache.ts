import fs from "node:fs/promises";
import path from "node:path";

/** The folder in a bundle that holds the code that V8 has already compiled. */
export const CACHE_FOLDER = "compile-cache";

const READABLE_FOLDER = 0o755;
const READABLE_FILE = 0o644;

/**
 * The variables that make Node use a bundle's compile cache. It is portable, because the bundle moves after it is built
 * (https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache).
 */
export function compileCacheEnv(folder: string): Readonly<Record<string, string>> {
  return { NODE_COMPILE_CACHE: path.join(folder, CACHE_FOLDER), NODE_COMPILE_CACHE_PORTABLE: "1" };
}

/**
 * Hands a cache over to another user. Node keeps one cache per user, in a folder whose name ends in the user id and in
 * files that only that user may read. An image is built by one user and run by another.
 */
export async function handCacheTo(uid: number, folder: string): Promise<void> {
  const cache = path.join(folder, CACHE_FOLDER);
  for (const name of await fs.readdir(cache)) {
    const handedOver = path.join(cache, name.replace(/-\d+$/, `-${uid}`));
    await fs.rename(path.join(cache, name), handedOver);
    await fs.chmod(handedOver, READABLE_FOLDER);
    for (const file of await fs.readdir(handedOver)) await fs.chmod(path.join(handedOver, file), READABLE_FILE);
  }
}
