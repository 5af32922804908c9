#!/usr/bin/env node
// Runs the emulators from source, on the Node that this repository installs: the machine's own may not run TypeScript.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

const main = path.join(import.meta.dirname, "../src/cli/main.ts");
const child = spawn(installedNode(), [main, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));

function installedNode() {
  try {
    return path.join(path.dirname(createRequire(import.meta.url).resolve("node/package.json")), "bin/node");
  } catch {
    process.stderr.write("The package node is not installed: run npm ci first.\n");
    process.exit(1);
  }
}
