import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";
import { configurable } from "../../../infra/settings/task-settings.ts";
import { registry } from "../../../shared/tasks/index.ts";
import { exampleFor } from "./graph.ts";

/** The secrets of the registry's task types: the key in a stack's configuration, and the variable. */
export const SECRETS = [...configurable(registry.settings)].flatMap(([key, name]) =>
  registry.settings.get(name)?.kind === "secret" ? [{ key: `handoff:${key}`, name }] : [],
);

/** Only Pulumi can decrypt real ones, so these have their format only. */
const ENCRYPTED = Object.fromEntries(SECRETS.map(({ key }) => [key, { secure: "v1:abc" }]));

/** Writes a stack's own file, and returns its path. It is removed after the test. */
export async function writeStackFile(stack: string, content: string = ownConfig()): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-preview-"));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  const file = path.join(folder, `Pulumi.${stack}.yaml`);
  await fs.writeFile(file, content);
  return file;
}

/** What a user of the registry as it is would write. */
export function ownConfig(secrets: Readonly<Record<string, unknown>> = ENCRYPTED): string {
  const config = { ...exampleFor("dev", registry).config, ...secrets };
  return stringify({ config }, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
}
