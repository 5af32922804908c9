import { enableCompileCache } from "node:module";

// Before anything else is loaded: Node then caches what it compiles, and later starts take half as long
// (https://nodejs.org/api/module.html#module-compile-cache).
enableCompileCache();
// Not awaited here, so that a build can make it a script.
void import("./program.ts").then(({ runStandalone }) => runStandalone(process.argv.slice(2), process.env));
