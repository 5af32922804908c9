import fs from "node:fs/promises";
import path from "node:path";
import type { Registry } from "../../shared/contract/registry.ts";
import { PROJECT_DIR } from "../project-dir.ts";
import { definitionsIn } from "./definitions.ts";
import { withoutSettings } from "./without-settings.ts";

/** The folder of the modules that the package exports. */
export const PACKED = "packages/client/src/packed";

/** The names of those modules. The last one is generated: it exports the task types' definitions. */
export const ENTRIES = ["index", "outbox", "tasks"] as const;

/** A tsconfig.json for the declarations of the entries. */
export const CONFIG = "tsconfig.pack.json";

/**
 * Passes a temporary copy of the package's sources to `use`, with definitions that have no settings. It is in a place
 * where the project's packages can be resolved.
 */
export async function withSources(registry: Registry, use: (folder: string) => Promise<void>): Promise<void> {
  await fs.mkdir(path.join(PROJECT_DIR, "dist"), { recursive: true });
  const folder = await fs.mkdtemp(path.join(PROJECT_DIR, "dist/client-sources-"));
  try {
    for (const part of ["shared", "packages/client/src", "package.json", "tsconfig.json"]) {
      await fs.cp(path.join(PROJECT_DIR, part), path.join(folder, part), { recursive: true });
    }
    const tasks = path.join(folder, "shared/tasks");
    for (const module of (await fs.readdir(tasks)).filter((name) => name.endsWith(".ts"))) {
      const file = path.join(tasks, module);
      await fs.writeFile(file, withoutSettings(await fs.readFile(file, "utf8")));
    }
    await fs.writeFile(path.join(folder, PACKED, "tasks.ts"), await exportsOf(registry));
    await fs.writeFile(path.join(folder, CONFIG), JSON.stringify(config));
    await use(folder);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

const config = {
  extends: "./tsconfig.json",
  compilerOptions: { noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: "." },
  include: [],
  files: ENTRIES.map((name) => `${PACKED}/${name}.ts`),
};

async function exportsOf(registry: Registry): Promise<string> {
  const definitions = await definitionsIn(path.join(PROJECT_DIR, "shared/tasks"), registry);
  const lines = definitions.map(({ module, names }) => {
    return `export { ${names.join(", ")} } from "../../../../shared/tasks/${module}";`;
  });
  // Makes the file a module even if there are no lines.
  return ["export {};", ...lines, ""].join("\n");
}
