import fs from "node:fs/promises";
import path from "node:path";
import { bundleModules, copyProtos } from "../bundle.ts";
import {
  type Manifest,
  addShebang,
  bundleName,
  declareTypes,
  readManifest,
  targetOf,
  writeManifest,
} from "../package-parts.ts";
import { PROJECT_DIR } from "../project-dir.ts";

const SOURCE = path.join(PROJECT_DIR, "packages/emulators");

/** Replaces the script that runs the command from source. */
const COMMAND = { name: "handoff-emulator", module: "./src/cli/main.ts" };

/** The clients whose protos the emulators read. The package contains copies, so that it has no dependencies. */
const PROTOS_OF = ["@google-cloud/tasks", "@google-cloud/firestore-api"];

/**
 * Builds packages/emulators into a folder, as a package without dependencies for `npm install FOLDER` or `npm pack`.
 *
 * @throws Error with the messages of esbuild or tsc.
 */
export async function makeEmulatorPackage(to: string): Promise<void> {
  const manifest = await readManifest(SOURCE);
  await fs.rm(to, { recursive: true, force: true });
  const exported = Object.entries(manifest.exports).map(([subpath, module]) => [bundleName(subpath), module]);
  await bundleModules(Object.fromEntries([...exported, [COMMAND.name, COMMAND.module]]), {
    from: SOURCE,
    to,
    target: targetOf(manifest),
  });
  await addShebang(path.join(to, `${COMMAND.name}.js`));
  await declareTypes(path.join(import.meta.dirname, "tsconfig.json"), path.join(to, "types"));
  for (const name of PROTOS_OF) await copyProtos(name, { from: SOURCE, to });
  await fs.copyFile(path.join(PROJECT_DIR, "LICENSE"), path.join(to, "LICENSE"));
  await fs.copyFile(path.join(SOURCE, "README.md"), path.join(to, "README.md"));
  await fs.cp(path.join(SOURCE, "docs"), path.join(to, "docs"), { recursive: true });
  await writeManifest(to, publishedForm(manifest));
}

/** The bundles hold whatever they depend on. */
function publishedForm({ name, version, description, license, type, exports, engines }: Manifest): object {
  const built = Object.entries(exports).map(([subpath, module]) => {
    const types = module.replace("./src/", "./types/").replace(/\.ts$/, ".d.ts");
    return [subpath, { types, default: `./${bundleName(subpath)}.js` }];
  });
  return {
    name,
    version,
    description,
    license,
    type,
    exports: Object.fromEntries(built),
    bin: { [COMMAND.name]: `${COMMAND.name}.js` },
    engines,
  };
}
