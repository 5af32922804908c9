import type { Plugin } from "esbuild";
import fs from "node:fs/promises";
import path from "node:path";

/** The client's own module, which reads three JSON files that lie beside it. */
const CLIENT_MODULE = /@google-cloud[\\/]tasks[\\/]build[\\/]esm[\\/]src[\\/].+_client\.js$/;
const READ = /getJSON\(path\.join\(dirname, ((?:'[^']+'(?:, )?)+)\)\)/g;
const FILES_READ = 3;

/**
 * Lets the Cloud Tasks client be bundled: it finds its configuration and protos by its own place on disk, so what it
 * reads when it is loaded is put into the bundle instead.
 */
export const inlineClientFiles: Plugin = {
  name: "inline-client-files",
  setup(build) {
    build.onLoad({ filter: CLIENT_MODULE }, async ({ path: file }) => {
      const source = await fs.readFile(file, "utf8");
      let replaced = 0;
      const contents = source.replaceAll(READ, (_, parts: string) => {
        replaced += 1;
        const segments = [...parts.matchAll(/'([^']+)'/g)].map(([, segment]) => segment ?? "");
        return `require(${JSON.stringify(path.join(path.dirname(file), ...segments))})`;
      });
      if (replaced === FILES_READ) return { contents, loader: "js" };
      const text = `${file} reads ${replaced} files in the known way, not ${FILES_READ}: look at what the client's new version reads.`;
      return { errors: [{ text }] };
    });
  },
};
