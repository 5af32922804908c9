import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { bundleModules, copyProtos } from "../bundle.ts";
import { PROJECT_DIR } from "../project-dir.ts";

/** The modules of the package, by the names that they have in it. */
const MODULES = {
  index: "packages/emulators/src/index.ts",
  vitest: "packages/emulators/src/vitest.ts",
  "handoff-emulator": "packages/emulators/src/cli/main.ts",
};

/** The clients whose protos the emulators read: they lie in the package, so that it depends on nothing. */
const PROTOS_OF = ["@google-cloud/tasks", "@google-cloud/firestore-api"];

/** What the bundles use is there from this Node on: `findPackageJSON` is the newest of it. */
const LEAST_NODE = "22.14";

const projectSchema = z.object({ version: z.string(), license: z.string() });

/**
 * Makes the emulators a package of their own in a folder, for `npm install FOLDER` or `npm pack`.
 *
 * @throws Error with the messages of esbuild or tsc.
 */
export async function makeEmulatorPackage(to: string): Promise<void> {
  const way = { from: PROJECT_DIR, to };
  await fs.rm(to, { recursive: true, force: true });
  await bundleModules(MODULES, { ...way, target: `node${LEAST_NODE}` });
  await addShebang(path.join(to, "handoff-emulator.js"));
  await declareTypes(path.join(to, "types"));
  for (const name of PROTOS_OF) await copyProtos(name, way);
  await fs.copyFile(path.join(PROJECT_DIR, "LICENSE"), path.join(to, "LICENSE"));
  await fs.copyFile(path.join(import.meta.dirname, "README.md"), path.join(to, "README.md"));
  await fs.writeFile(path.join(to, "package.json"), `${JSON.stringify(await manifest(), undefined, 2)}\n`);
}

async function manifest(): Promise<object> {
  const project = projectSchema.parse(JSON.parse(await fs.readFile(path.join(PROJECT_DIR, "package.json"), "utf8")));
  return {
    name: "handoff-emulators",
    version: project.version,
    description: "Emulators of Google Cloud Tasks and Firestore for tests.",
    license: project.license,
    type: "module",
    exports: {
      ".": { types: "./types/packages/emulators/src/index.d.ts", default: "./index.js" },
      "./vitest": { types: "./types/packages/emulators/src/vitest.d.ts", default: "./vitest.js" },
    },
    bin: { "handoff-emulator": "handoff-emulator.js" },
    engines: { node: `>=${LEAST_NODE}` },
    bundleDependencies: PROTOS_OF,
  };
}

async function addShebang(file: string): Promise<void> {
  const bundled = await fs.readFile(file, "utf8");
  await fs.writeFile(file, `#!/usr/bin/env node\n${bundled}`, { mode: 0o755 });
}

/** Declarations name the files that they import as TypeScript has them; for those who use them it is JavaScript. */
async function declareTypes(folder: string): Promise<void> {
  const tsc = path.join(PROJECT_DIR, "node_modules/.bin/tsc");
  const config = path.join(import.meta.dirname, "tsconfig.json");
  await promisify(execFile)(tsc, ["-p", config, "--outDir", folder]);
  for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const declarations = await fs.readFile(file, "utf8");
    await fs.writeFile(file, declarations.replaceAll(/((?:from|import) ?\(?"\.[^"]+)\.ts"/g, '$1.js"'));
  }
}
