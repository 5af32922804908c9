import type { Plugin } from "esbuild";
import fs from "node:fs/promises";
import path from "node:path";
import { CLIENT_MODULE, inlineClientFiles } from "./inline-client-files.ts";
import { MAKES_DESCRIPTORS, lateDescriptors } from "./late-descriptors.ts";
import { LOADS_LATE, loadLate } from "./load-late.ts";
import { LATE_PATH, MESSAGE_CLASSES, USES_PER_CLASS, lateClasses, latePath, takeClassLate } from "./message-classes.ts";

const MODULES = /node_modules[\\/](?:@google-cloud|google-gax|google-auth-library|gaxios|@grpc)[\\/].+\.js$/;

/**
 * Bundles Google's clients so that they start fast: the files that they read on loading are in the bundle, and parts
 * that a service doesn't need are neither built nor loaded. Message classes go into a folder next to the bundle.
 */
export const googleClients: Plugin = {
  name: "google-clients",
  setup(build) {
    const late = new Set<string>();
    build.onLoad({ filter: MODULES }, async ({ path: file }) => {
      try {
        if (MESSAGE_CLASSES.test(file)) late.add(file);
        return { contents: await rewrite(file), loader: "js" };
      } catch (error) {
        return { errors: [{ text: `${file}: ${error instanceof Error ? error.message : String(error)}` }] };
      }
    });
    build.onResolve({ filter: LATE_PATH }, ({ path: file }) => ({ path: file, external: true }));
    build.onEnd(async () => {
      for (const file of late) {
        const outfile = path.join(build.initialOptions.outdir ?? "", latePath(file));
        const common = { bundle: true, platform: "node", format: "cjs", logLevel: "silent" } as const;
        await build.esbuild.build({ ...common, entryPoints: [file], outfile });
      }
    });
  },
};

async function rewrite(file: string): Promise<string> {
  if (MESSAGE_CLASSES.test(file)) return lateClasses(file);
  let source = await fs.readFile(file, "utf8");
  if (CLIENT_MODULE.test(file)) source = inlineClientFiles(source, file);
  if (MAKES_DESCRIPTORS.test(file)) source = lateDescriptors(source);
  if (USES_PER_CLASS.test(file)) source = takeClassLate(source);
  return LOADS_LATE.test(file) ? loadLate(source) : source;
}
