/**
 * Makes a program that runs from its sources load npm's packages from the bundles, if there are any. Load it first, with
 * `node --import`.
 */
import fs from "node:fs";
import { registerHooks } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { bundledFolder } from "./bundled.ts";

const folder = bundledFolder();
if (folder !== undefined && fs.existsSync(folder)) {
  const modules: unknown = JSON.parse(fs.readFileSync(path.join(folder, "modules.json"), "utf8"));
  const urls = new Map(
    Object.entries(Object(modules)).map(([name, file]) => [name, pathToFileURL(path.join(folder, String(file))).href]),
  );
  registerHooks({
    resolve(name, context, next) {
      const url = urls.get(name);
      return url === undefined ? next(name, context) : { url, format: "module", shortCircuit: true };
    },
  });
}
