import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import v8 from "node:v8";
import vm from "node:vm";
import { CODE_CACHE, FILL_CODE_CACHE } from "../images/code-cache.ts";

/**
 * A bundle's main module. It starts the program next to it with the code that V8 compiled in an earlier run. Node's own
 * compile cache only contains code that was compiled on loading; this one contains every function that had been called
 * by the end of that run (https://nodejs.org/docs/latest-v24.x/api/vm.html#scriptcreatecacheddata).
 */
const file = path.join(__dirname, "program.js");
const cache = path.join(__dirname, CODE_CACHE);

// The program is ASCII, so each byte is a character.
const script = new vm.Script(fs.readFileSync(file, "latin1"), {
  filename: file,
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  ...(fs.existsSync(cache) ? { cachedData: fs.readFileSync(cache) } : {}),
});
const [variable] = Object.keys(FILL_CODE_CACHE);
if (variable !== undefined && process.env[variable] !== undefined) {
  // V8 refuses code that was compiled with other flags, and a program may set some while it runs.
  Object.assign(v8, { setFlagsFromString: () => undefined });
  process.on("exit", () => fs.writeFileSync(cache, script.createCachedData()));
}
const program: unknown = script.runInThisContext();
if (typeof program !== "function") throw new Error(`${file} is not a program.`);
const exports = {};
program(createRequire(file), { exports }, exports, file, __dirname);
