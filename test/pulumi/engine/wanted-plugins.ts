import fs from "node:fs";
import path from "node:path";
import * as z from "zod";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

const manifest = z.object({ devDependencies: z.record(z.string(), z.string()) });

/** The version of a provider's plugin that the program asks for: that of its npm package. */
export function wantedVersion(name: string): string {
  const text = fs.readFileSync(path.join(PROJECT_DIR, "package.json"), "utf8");
  const version = manifest.parse(JSON.parse(text)).devDependencies[`@pulumi/${name}`];
  if (version === undefined) throw new Error(`The project has no package @pulumi/${name}.`);
  return version;
}
