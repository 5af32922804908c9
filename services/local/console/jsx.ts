/**
 * Lets Node run the console from its sources: Node strips types but doesn't support JSX. Load it first, with `node
 * --import`. Builds use esbuild for this instead.
 */
import fs from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { compiledPage } from "./compiled-page.ts";

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith(".tsx")) return nextLoad(url, context);
    const file = fileURLToPath(url);
    const source = compiledPage({ file, source: fs.readFileSync(file, "utf8") });
    return { format: "module", source, shortCircuit: true };
  },
});
