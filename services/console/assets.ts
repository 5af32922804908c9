import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";

/** The files that pages load. */
export interface Assets {
  readonly script: Asset;
  readonly style: Asset;
  readonly icon: Asset;
}

export interface Asset {
  /** Its path, which contains a hash of its content. */
  readonly path: string;
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

const ASSETS_PATH = "/assets";

/** How many hexadecimal digits of the hash a path contains. */
const HASH_DIGITS = 12;

/** Reads the files that the build has written to a folder: `console.js`, `console.css` and `icon.svg`. */
export async function readAssets(folder: string): Promise<Assets> {
  const read = async (name: string, type: string): Promise<Asset> => {
    const body = new Uint8Array(await fs.readFile(path.join(folder, name)));
    const hash = createHash("sha256").update(body).digest("hex").slice(0, HASH_DIGITS);
    const { name: stem, ext } = path.parse(name);
    return { path: `${ASSETS_PATH}/${stem}.${hash}${ext}`, type, body };
  };
  const [script, style, icon] = await Promise.all([
    read("console.js", "text/javascript; charset=utf-8"),
    read("console.css", "text/css; charset=utf-8"),
    read("icon.svg", "image/svg+xml"),
  ]);
  return { script, style, icon };
}
