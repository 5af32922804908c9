import { registerHooks } from "node:module";
import { KNOWN_BUGS } from "./known-bugs.ts";

/**
 * Used with `--import`: loads one source file of the product with the bug named by CHAOS_BUG. The file on disk is
 * untouched.
 */
const name = process.env["CHAOS_BUG"] ?? "";
const bug = KNOWN_BUGS[name];
if (!bug) throw new Error(`Unknown bug ${name}; the known ones are ${Object.keys(KNOWN_BUGS).join(", ")}.`);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/${bug.file}`)) return loaded;
    const source = Buffer.from(sourceOf(loaded.source)).toString("utf8");
    const parts = source.split(bug.text);
    if (parts.length !== 2)
      throw new Error(`${bug.file} does not contain exactly once the text that the bug ${name} replaces.`);
    return { ...loaded, source: parts.join(bug.instead) };
  },
});

function sourceOf(source: unknown): string | Uint8Array {
  if (typeof source === "string" || source instanceof Uint8Array) return source;
  throw new Error(`${bug?.file} was loaded without its source.`);
}
