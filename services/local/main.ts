import { enableCompileCache } from "node:module";
import { COMPILE_CACHE } from "./compile-cache.ts";
import "./dependencies/use-bundled.ts";

// Before anything else is loaded, as its programs do.
enableCompileCache(COMPILE_CACHE.NODE_COMPILE_CACHE);
await import("./start.ts");
