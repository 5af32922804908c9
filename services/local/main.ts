import { enableCompileCache } from "node:module";
import { COMPILE_CACHE } from "./compile-cache.ts";

// In this order, so that everything else comes from the cache and the bundles.
enableCompileCache(COMPILE_CACHE.NODE_COMPILE_CACHE);
await import("./dependencies/use-bundled.ts");
const { runStack } = await import("./run-stack.ts");
const { registry } = await import("../../shared/tasks/index.ts");
await runStack({ registry, args: process.argv.slice(2), environment: process.env });
