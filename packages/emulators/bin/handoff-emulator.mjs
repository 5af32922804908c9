#!/usr/bin/env node
// Runs the emulators on the Node that the project brings: the machine's own may be too old to run TypeScript.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const atRoot = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const broughtNode = atRoot("node_modules/node/bin/node");
if (!existsSync(broughtNode)) {
  process.stderr.write(`There is no ${broughtNode}: run npm ci in ${atRoot("")} first.\n`);
  process.exit(1);
}

const main = atRoot("packages/emulators/src/cli/main.ts");
const child = spawn(broughtNode, [main, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));
