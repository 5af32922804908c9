import { enableCompileCache } from "node:module";

// Before all else is loaded: what Node has compiled it then keeps, and later starts take half as long
// (https://nodejs.org/api/module.html#module-compile-cache).
enableCompileCache();
const { runStandalone } = await import("./program.ts");
await runStandalone(process.argv.slice(2), process.env);
