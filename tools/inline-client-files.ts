import type { Plugin } from "esbuild";
import fs from "node:fs/promises";
import path from "node:path";

/** The client's own module, which reads three JSON files next to it. */
const CLIENT_MODULE = /@google-cloud[\\/]tasks[\\/]build[\\/]esm[\\/]src[\\/].+_client\.js$/;
const READ = /getJSON\(path\.join\(dirname, ((?:'[^']+'(?:, )?)+)\)\)/g;
const FILES_READ = 3;

/**
 * Makes it possible to bundle the Cloud Tasks client, which locates its configuration and protos relative to its own
 * file: what the client reads on loading is put into the bundle instead.
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
      const text = `${file} reads ${replaced} files in the known way, not ${FILES_READ}: check what the client's new version reads.`;
      return { errors: [{ text }] };
    });
  },
};
