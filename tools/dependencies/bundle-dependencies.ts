import { build } from "esbuild";
import { existsSync } from "node:fs";
import fs from "node:fs/promises";
import { isBuiltin } from "node:module";
import path from "node:path";
import { bundleModules } from "../bundle.ts";
import { PROJECT_DIR } from "../project-dir.ts";

/** The programs that use the bundles. */
const PROGRAMS = ["local", "producer", "worker", "console"].map((name) => `services/${name}/main.ts`);

/** Lists the files of the bundled modules, by the names under which they are imported. `use-bundled.ts` reads it. */
const LIST = "modules.json";

/** Node gives this export to each CommonJS module that it imports. */
const COMMONJS = "module.exports";

/**
 * Bundles each npm module that the programs import, for programs that run from their sources. What several modules use
 * is in files that they share, so there is one copy of everything.
 *
 * @param folder is created as a whole, if it doesn't exist yet.
 * @throws Error with esbuild's messages.
 */
export async function bundleDependencies(folder: string): Promise<void> {
  const unfinished = `${folder}.${process.pid}`;
  try {
    await bundleInto(unfinished);
    await fs.rename(unfinished, folder);
  } catch (error) {
    // Unless another process was faster.
    if (!existsSync(folder)) throw error;
  } finally {
    await fs.rm(unfinished, { recursive: true, force: true });
  }
}

async function bundleInto(folder: string): Promise<void> {
  const stubs = path.join(folder, "stubs");
  await fs.mkdir(stubs, { recursive: true });
  const files = new Map((await importedNames()).map((name) => [name, name.replaceAll(/[^\w-]/g, "_")]));
  for (const [name, file] of files) await fs.writeFile(path.join(stubs, `${file}.js`), await stubOf(name));
  const entryPoints = Object.fromEntries([...files.values()].map((file) => [file, path.join(stubs, `${file}.js`)]));
  await bundleModules(entryPoints, { from: PROJECT_DIR, to: folder, target: "node24" });
  await fs.rm(stubs, { recursive: true });
  await fs.writeFile(path.join(folder, "package.json"), '{"type":"module"}\n');
  const list = Object.fromEntries([...files].map(([name, file]) => [name, `${file}.js`]));
  await fs.writeFile(path.join(folder, LIST), JSON.stringify(list));
}

/** The npm modules that the programs import, at once or later. */
async function importedNames(): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: PROJECT_DIR,
    entryPoints: PROGRAMS,
    outdir: "unwritten",
    bundle: true,
    write: false,
    metafile: true,
    packages: "external",
    platform: "node",
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    logLevel: "silent",
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const names = new Set(imports.filter(({ kind }) => kind !== "require-call").map((imported) => imported.path));
  return [...names].filter((name) => !isBuiltin(name) && isInstalled(name) && !UNBUNDLED.has(name)).toSorted();
}

/** The packages of this repository are linked, not installed, and change without an installation. */
function isInstalled(name: string): boolean {
  return import.meta.resolve(name).includes("/node_modules/");
}

/** It runs a binary that it finds beside itself. */
const UNBUNDLED = new Set(["esbuild"]);

/** A module with the exports that Node gives to the module of this name. */
async function stubOf(name: string): Promise<string> {
  const from = JSON.stringify(name);
  const exports = Object.keys(Object(await import(name)));
  if (!exports.includes(COMMONJS)) {
    return `export * from ${from};\n${exports.includes("default") ? `export { default } from ${from};\n` : ""}`;
  }
  const named = exports.filter((key) => key !== "default" && key !== COMMONJS);
  return [
    `const all = require(${from});`,
    `export { all as default, all as ${JSON.stringify(COMMONJS)} };`,
    ...named.flatMap((key, index) => [
      `const export${index} = all[${JSON.stringify(key)}];`,
      `export { export${index} as ${JSON.stringify(key)} };`,
    ]),
  ].join("\n");
}
