import { build } from "esbuild";
import fs from "node:fs/promises";
import path from "node:path";
import type { Registry } from "../../shared/contract/registry.ts";
import { type Manifest, addShebang, declareTypes, readManifest, targetOf, writeManifest } from "../package-parts.ts";
import { PROJECT_DIR } from "../project-dir.ts";
import { localSecrets } from "./definitions.ts";
import { CONFIG, ENTRIES, PACKED, withSources } from "./sources.ts";

const SOURCE = path.join(PROJECT_DIR, "packages/client");

/** Replaces the script that runs the command line from source. */
const COMMAND = { name: "handoff", module: "packages/client/src/cli/main.ts" };

/**
 * Builds packages/client with a registry's task types in a folder, as a package for `npm install FOLDER` or `npm pack`.
 * It contains the definitions without settings, and no handlers.
 *
 * @throws Error with the messages of esbuild or tsc, or when it would contain the local value of a secret.
 */
export async function makeClientPackage(registry: Registry, to: string): Promise<void> {
  const manifest = await readManifest(SOURCE);
  await fs.rm(to, { recursive: true, force: true });
  await withSources(registry, async (sources) => {
    await bundleEntries({ from: sources, to, target: targetOf(manifest) });
    await declareTypes(path.join(sources, CONFIG), path.join(to, "types"));
  });
  await addShebang(path.join(to, `${COMMAND.name}.js`));
  await fs.copyFile(path.join(PROJECT_DIR, "LICENSE"), path.join(to, "LICENSE"));
  await fs.copyFile(path.join(SOURCE, "README.md"), path.join(to, "README.md"));
  await writeManifest(to, packedForm(manifest));
  await refuseSecrets(localSecrets(registry), to);
}

/**
 * Bundles all entries together, so that they share the error classes. Packages stay external. Unused imports of
 * packages and of Node are dropped, so that the core doesn't need Node.
 */
async function bundleEntries({ from, to, target }: { from: string; to: string; target: string }): Promise<void> {
  await build({
    absWorkingDir: from,
    entryPoints: {
      ...Object.fromEntries(ENTRIES.map((name) => [name, `${PACKED}/${name}.ts`])),
      [COMMAND.name]: COMMAND.module,
    },
    outdir: to,
    bundle: true,
    splitting: true,
    platform: "neutral",
    format: "esm",
    target,
    plugins: [
      {
        name: "leave-packages-outside",
        setup(bundler) {
          bundler.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === "entry-point" ? undefined : { path, external: true, sideEffects: false },
          );
        },
      },
    ],
    logLevel: "silent",
  });
}

function packedForm(manifest: Manifest): object {
  const built = ENTRIES.map((name) => {
    const subpath = name === "index" ? "." : `./${name}`;
    return [subpath, { types: `./types/${PACKED}/${name}.d.ts`, default: `./${name}.js` }];
  });
  return {
    ...manifest,
    // Prevents publishing it by mistake under a name that isn't reserved.
    private: true,
    exports: Object.fromEntries(built),
    bin: { [COMMAND.name]: `${COMMAND.name}.js` },
    sideEffects: false,
  };
}

async function refuseSecrets(secrets: readonly string[], folder: string): Promise<void> {
  const quoted = secrets.map((secret) => JSON.stringify(secret).slice(1, -1));
  const files = (await fs.readdir(folder, { recursive: true })).filter((name) => /\.(?:js|d\.ts)$/.test(name));
  for (const name of files) {
    const text = await fs.readFile(path.join(folder, name), "utf8");
    if (!quoted.some((secret) => text.includes(secret))) continue;
    throw new Error(
      `The local value of a secret would be in ${name}. Write a type's settings in its defineTask({ … }).`,
    );
  }
}
