import fs from "node:fs";
import { findPackageJSON } from "node:module";
import * as z from "zod";

const manifestSchema = z.looseObject({ version: z.string() });

/** The version of this package, in the project or installed; undefined if its manifest can't be found. */
export function ownVersion(): string | undefined {
  const file = findPackageJSON(import.meta.url);
  const read = file === undefined ? undefined : manifestSchema.safeParse(JSON.parse(fs.readFileSync(file, "utf8")));
  return read?.data?.version;
}
