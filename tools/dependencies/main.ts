import { bundleDependencies } from "./bundle-dependencies.ts";

const [folder = ""] = process.argv.slice(2);
await bundleDependencies(folder);
