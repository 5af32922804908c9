/**
 * Lets Node run the console from its sources: Node strips types but doesn't support JSX. Load it first, with `node
 * --import`. Builds use esbuild for this instead.
 */
import fs from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith(".tsx")) return nextLoad(url, context);
    const sourcefile = fileURLToPath(url);
    const { code: source } = transformSync(fs.readFileSync(sourcefile, "utf8"), {
      loader: "tsx",
      jsx: "automatic",
      jsxImportSource: "hono/jsx",
      target: "node24",
      sourcefile,
      sourcemap: "inline",
    });
    return { format: "module", source, shortCircuit: true };
  },
});
