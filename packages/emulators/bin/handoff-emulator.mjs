#!/usr/bin/env node
// Runs the emulators from source: in this process if its Node can run TypeScript, else by the Node that this repository installs.
import module from "node:module";
import path from "node:path";

if (process.features.typescript) {
  // Before anything that isn't JavaScript: what Node has cached of TypeScript it needn't load its compiler for.
  module.enableCompileCache();
  await import("../src/cli/main.ts");
} else await runByInstalledNode(path.join(import.meta.dirname, "../src/cli/main.ts"));

async function runByInstalledNode(main) {
  const { spawn } = await import("node:child_process");
  const child = spawn(installedNode(), [main, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 1));
}

function installedNode() {
  const isWindows = process.platform === "win32";
  const installed = `node-${isWindows ? "win" : process.platform}-${process.arch}`;
  try {
    const manifest = module.createRequire(import.meta.url).resolve(`${installed}/package.json`);
    return path.join(path.dirname(manifest), isWindows ? "bin/node.exe" : "bin/node");
  } catch {
    process.stderr.write(
      `Node ${process.version} can't run TypeScript, and ${installed} is not installed: run npm ci, or use Node 24.\n`,
    );
    process.exit(1);
  }
}
