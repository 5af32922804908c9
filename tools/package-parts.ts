import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { PROJECT_DIR } from "./project-dir.ts";

const versions = z.record(z.string(), z.string());

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  type: z.literal("module"),
  /** The modules under src/, by the paths that importers use. */
  exports: z.record(z.string(), z.string().startsWith("./src/")),
  dependencies: versions.optional(),
  peerDependencies: versions.optional(),
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean() })).optional(),
  engines: z.object({ node: z.string().startsWith(">=") }),
});

export type Manifest = z.output<typeof manifestSchema>;

/** Reads the manifest of a package in the project. Development fields are left out. */
export async function readManifest(folder: string): Promise<Manifest> {
  return manifestSchema.parse(JSON.parse(await fs.readFile(path.join(folder, "package.json"), "utf8")));
}

/** Writes the manifest of a built package. */
export async function writeManifest(folder: string, manifest: object): Promise<void> {
  await fs.writeFile(path.join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** The name of an export's bundle: `.` is index, `./vitest` is vitest. */
export const bundleName = (subpath: string): string => (subpath === "." ? "index" : subpath.slice("./".length));

/** The version of Node that a package needs, in esbuild's form. */
export const targetOf = ({ engines }: Manifest): string => engines.node.replace(">=", "node");

/** Makes a bundle executable as a command. */
export async function addShebang(file: string): Promise<void> {
  const bundled = await fs.readFile(file, "utf8");
  await fs.writeFile(file, `#!/usr/bin/env node\n${bundled}`, { mode: 0o755 });
}

/**
 * Writes type declarations for the files of a tsconfig.json. Generated declarations import `.ts` files, which become
 * `.js` files in the built package.
 *
 * @throws Error with tsc's messages.
 */
export async function declareTypes(config: string, to: string): Promise<void> {
  const tsc = path.join(PROJECT_DIR, "node_modules/.bin/tsc");
  await promisify(execFile)(tsc, ["-p", config, "--outDir", to]);
  for (const entry of await fs.readdir(to, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const declarations = await fs.readFile(file, "utf8");
    await fs.writeFile(file, declarations.replaceAll(/((?:from|import) ?\(?"\.[^"]+)\.ts"/g, '$1.js"'));
  }
}
