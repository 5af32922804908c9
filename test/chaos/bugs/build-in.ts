import { registerHooks } from "node:module";
import { KNOWN_BUGS } from "./known-bugs.ts";

/** With `--import`: loads one of the product's source files with the bug that CHAOS_BUG names. The file stays as it is. */
const name = process.env["CHAOS_BUG"] ?? "";
const bug = KNOWN_BUGS[name];
if (!bug) throw new Error(`There is no known bug ${name}; there are ${Object.keys(KNOWN_BUGS).join(", ")}.`);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/${bug.file}`)) return loaded;
    const source = Buffer.from(sourceOf(loaded.source)).toString("utf8");
    const parts = source.split(bug.text);
    if (parts.length !== 2) throw new Error(`${bug.file} does not hold once what the bug ${name} replaces.`);
    return { ...loaded, source: parts.join(bug.instead) };
  },
});

function sourceOf(source: unknown): string | Uint8Array {
  if (typeof source === "string" || source instanceof Uint8Array) return source;
  throw new Error(`${bug?.file} was loaded without its source.`);
}
