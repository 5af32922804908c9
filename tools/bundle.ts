import { build } from "esbuild";
import fs from "node:fs/promises";
import { findPackageJSON } from "node:module";
import path from "node:path";
import { googleClients } from "./google-clients/google-clients.ts";
import type { Program } from "./images/programs.ts";

/** The variables that CommonJS modules expect, for a bundle that is an ES module. */
const COMMONJS_SCOPE = [
  'import { createRequire as createRequireOfBundle } from "node:module";',
  "const require = createRequireOfBundle(import.meta.url);",
  "const __filename = import.meta.filename;",
  "const __dirname = import.meta.dirname;",
  "const exports = {};",
].join("\n");

/** The code around a program: the function that `start-program/main.ts` calls. */
const PROGRAM = {
  head: [
    "(function (require, module, exports, __filename, __dirname) {",
    'const urlOfProgram = require("node:url").pathToFileURL(__filename).href;',
  ].join("\n"),
  foot: "})",
};

/**
 * V8 keeps a program's text in memory, so it has no white space that only helps people. The lines stay short: Node prints
 * the line that threw an uncaught exception.
 */
const COMPACT = { minifyWhitespace: true, lineLimit: 120 } as const;

/** Replaces a module's `import.meta` in a program that is a function. */
const IMPORT_META = {
  "import.meta.url": "urlOfProgram",
  "import.meta.filename": "__filename",
  "import.meta.dirname": "__dirname",
};

const START_PROGRAM = path.join(import.meta.dirname, "start-program/main.ts");

/** The folders of the project and of a bundle. */
interface Way {
  readonly from: string;
  readonly to: string;
}

/**
 * Bundles a program into a folder with everything that it needs except Node. All code is in one file, so that V8 can
 * cache its compiled form in another: see `start-program/main.ts`. Dynamically imported modules still run late.
 */
export async function bundle(
  program: Pick<Program, "name" | "entry" | "protosOf" | "filesOf" | "buildAssets">,
  way: Way,
): Promise<void> {
  await fs.rm(way.to, { recursive: true, force: true });
  const common = { bundle: true, platform: "node", format: "cjs", target: "node24", logLevel: "silent" } as const;
  await build({
    ...common,
    absWorkingDir: way.from,
    entryPoints: { program: program.entry },
    ...COMPACT,
    outdir: way.to,
    banner: { js: PROGRAM.head },
    footer: { js: PROGRAM.foot },
    define: IMPORT_META,
    plugins: [googleClients],
  });
  await build({ ...common, entryPoints: { main: START_PROGRAM }, outdir: way.to });
  const manifest = { name: program.name, type: "commonjs" };
  await fs.writeFile(path.join(way.to, "package.json"), `${JSON.stringify(manifest)}\n`);
  for (const name of program.protosOf) await copyProtos(name, way);
  await program.buildAssets?.(path.join(way.to, "assets"));
  for (const [name, files] of Object.entries(program.filesOf ?? {})) await copyFiles(name, files, way);
}

/**
 * Bundles modules with everything they import. Dynamic imports stay in their own files, so that they still load
 * later. Names aren't minified, so that stack traces stay readable.
 *
 * @param entryPoints the modules, by bundle name.
 * @throws Error with esbuild's messages.
 */
export async function bundleModules(
  entryPoints: Readonly<Record<string, string>>,
  { from, to, target }: Way & { readonly target: string },
): Promise<void> {
  await build({
    absWorkingDir: from,
    entryPoints,
    outdir: to,
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target,
    banner: { js: COMMONJS_SCOPE },
    plugins: [googleClients],
    logLevel: "silent",
  });
}

/** Copies some of a package's files, and its manifest, with which the program finds them next to its bundle. */
async function copyFiles(name: string, files: readonly string[], { from, to }: Way): Promise<void> {
  const installed = folderOf(name, from);
  const copy = path.join(to, "node_modules", name);
  await fs.mkdir(copy, { recursive: true });
  for (const file of ["package.json", ...files]) await fs.copyFile(path.join(installed, file), path.join(copy, file));
}

function folderOf(name: string, from: string): string {
  const manifest = findPackageJSON(name, path.join(from, "package.json"));
  if (manifest === undefined) throw new Error(`${name} is not installed; run npm ci.`);
  return path.dirname(manifest);
}

/** Copies a client's protos to where the emulators look for them: next to their bundle. */
export async function copyProtos(name: string, { from, to }: Way): Promise<void> {
  const copy = path.join(to, "protos", `${name}.json`);
  await fs.mkdir(path.dirname(copy), { recursive: true });
  await fs.copyFile(path.join(folderOf(name, from), "build/protos/protos.json"), copy);
}
