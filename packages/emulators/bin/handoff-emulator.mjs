#!/usr/bin/env node
// Runs the emulators from source. If this Node can't run TypeScript, the one that this repository installs does.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

const main = path.join(import.meta.dirname, "../src/cli/main.ts");
const child = spawn(nodeForTypeScript(), [main, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));

function nodeForTypeScript() {
  if (process.features.typescript) return process.execPath;
  const isWindows = process.platform === "win32";
  const installed = `node-${isWindows ? "win" : process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${installed}/package.json`);
    return path.join(path.dirname(manifest), isWindows ? "bin/node.exe" : "bin/node");
  } catch {
    process.stderr.write(
      `Node ${process.version} can't run TypeScript, and ${installed} is not installed: run npm ci, or use Node 24.\n`,
    );
    process.exit(1);
  }
}
