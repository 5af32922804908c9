import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { bundleModules, copyProtos } from "../bundle.ts";
import { PROJECT_DIR } from "../project-dir.ts";

const SOURCE = path.join(PROJECT_DIR, "packages/emulators");

/** Replaces the script that runs the command from source. */
const COMMAND = { name: "handoff-emulator", module: "./src/cli/main.ts" };

/** The clients whose protos the emulators read. The package contains copies, so that it has no dependencies. */
const PROTOS_OF = ["@google-cloud/tasks", "@google-cloud/firestore-api"];

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  type: z.literal("module"),
  /** Modules under src/, by the paths that importers use. */
  exports: z.record(z.string(), z.string().startsWith("./src/")),
  engines: z.object({ node: z.string().startsWith(">=") }),
});

type Manifest = z.output<typeof manifestSchema>;

/**
 * Builds packages/emulators into a folder, as a package without dependencies for `npm install FOLDER` or `npm pack`.
 *
 * @throws Error with the messages of esbuild or tsc.
 */
export async function makeEmulatorPackage(to: string): Promise<void> {
  const manifest = manifestSchema.parse(JSON.parse(await fs.readFile(path.join(SOURCE, "package.json"), "utf8")));
  await fs.rm(to, { recursive: true, force: true });
  const exported = Object.entries(manifest.exports).map(([subpath, module]) => [nameOf(subpath), module]);
  await bundleModules(Object.fromEntries([...exported, [COMMAND.name, COMMAND.module]]), {
    from: SOURCE,
    to,
    target: manifest.engines.node.replace(">=", "node"),
  });
  await addShebang(path.join(to, `${COMMAND.name}.js`));
  await declareTypes(path.join(to, "types"));
  for (const name of PROTOS_OF) await copyProtos(name, { from: SOURCE, to });
  await fs.copyFile(path.join(PROJECT_DIR, "LICENSE"), path.join(to, "LICENSE"));
  await fs.copyFile(path.join(SOURCE, "README.md"), path.join(to, "README.md"));
  await fs.writeFile(path.join(to, "package.json"), `${JSON.stringify(publishedForm(manifest), undefined, 2)}\n`);
}

/** A bundle's name: `.` is index, `./vitest` is vitest. */
const nameOf = (subpath: string): string => (subpath === "." ? "index" : subpath.slice("./".length));

function publishedForm({ exports, engines, ...manifest }: Manifest): object {
  const built = Object.entries(exports).map(([subpath, module]) => {
    const types = module.replace("./src/", "./types/").replace(/\.ts$/, ".d.ts");
    return [subpath, { types, default: `./${nameOf(subpath)}.js` }];
  });
  return {
    ...manifest,
    exports: Object.fromEntries(built),
    bin: { [COMMAND.name]: `${COMMAND.name}.js` },
    engines,
  };
}

async function addShebang(file: string): Promise<void> {
  const bundled = await fs.readFile(file, "utf8");
  await fs.writeFile(file, `#!/usr/bin/env node\n${bundled}`, { mode: 0o755 });
}

/** Generated declarations import `.ts` files, which are `.js` files in the built package. */
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
