import fs from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Registry } from "../../shared/contract/registry.ts";

/** The definitions that a module exports, by name. */
export interface Definitions {
  /** The module's file name. */
  readonly module: string;
  readonly names: readonly string[];
}

/**
 * Finds the modules in a folder that export a registry's types. A type that isn't exported is left out: clients can
 * enqueue its tasks by name.
 *
 * @throws Error when two modules export different types under one name.
 */
export async function definitionsIn(
  folder: string,
  { listed }: { readonly listed: readonly unknown[] },
): Promise<readonly Definitions[]> {
  const types = new Set(listed);
  const homes = new Map<string, { readonly module: string; readonly type: unknown }>();
  for (const module of (await fs.readdir(folder)).filter((name) => name.endsWith(".ts")).toSorted()) {
    const exported: Readonly<Record<string, unknown>> = await import(pathToFileURL(path.join(folder, module)).href);
    for (const [name, type] of Object.entries(exported)) {
      if (!types.has(type)) continue;
      const home = homes.get(name) ?? { module, type };
      if (home.type !== type) throw new Error(`Both ${home.module} and ${module} export a task type as ${name}.`);
      homes.set(name, home);
    }
  }
  const byModule = Map.groupBy(homes, ([, { module }]) => module);
  return [...byModule].map(([module, found]) => ({ module, names: found.map(([name]) => name) }));
}

/** The local values of the types' secrets. A package must contain none of them, even though each is made up. */
export function localSecrets({ settings }: Pick<Registry, "settings">): string[] {
  const secrets = [...settings.values()].filter(({ kind }) => kind === "secret");
  return secrets.flatMap(({ local }) => (local === undefined ? [] : [local]));
}
