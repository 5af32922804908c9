#!/usr/bin/env node
// Runs the command line from source. If this Node can't run TypeScript, the one that the repository installs does.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const main = path.join(import.meta.dirname, "../src/cli/main.ts");
if (process.features.typescript) await import(pathToFileURL(main).href);
else runWith(installedNode());

function installedNode() {
  const isWindows = process.platform === "win32";
  const installed = `node-${isWindows ? "win" : process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${installed}/package.json`);
    return path.join(path.dirname(manifest), isWindows ? "bin/node.exe" : "bin/node");
  } catch {
    process.stderr.write(`Node ${process.version} can't run TypeScript: run npm ci, or use Node 24.\n`);
    process.exit(2);
  }
}

function runWith(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 1));
}
