import { createRequire } from "node:module";
import path from "node:path";
import { usedMessages } from "./used-messages.ts";

/** Modules that hold a generated client: of Google's packages, and of the library that they share. */
export const CLIENT_MODULE =
  /(?:@google-cloud[\\/].+_client|google-gax[\\/]build[\\/]src[\\/](?:iamService|locationService|operationsClient))\.js$/;

/** How they read a JSON file: by `require`, or relative to their own folder. */
const READ = /require\(["']([^"']+\.json)["']\)|getJSON\(path\.join\(dirname, ((?:'[^']+'(?:, )?)+)\)\)/g;

/** How they find the one service that they call and, for long-running operations, the messages in their results. */
const LOOKED_UP = /\.lookup(?:Service)?\('\.?(?<name>[\w.]+)'\)/g;

/** The files that each reads: its configuration, its package's manifest and the protos. */
const FILES_READ = 3;

/**
 * Puts the files that a generated client reads into its module. Of the protos, that is no more than the client
 * needs: it would build all the rest at startup.
 *
 * @throws Error if it reads something else, which a new version may.
 */
export function inlineClientFiles(source: string, file: string): string {
  const names = [...source.matchAll(LOOKED_UP)].map(({ groups }) => groups?.["name"] ?? "");
  let replaced = 0;
  const inlined = source.replaceAll(READ, (_text, required: string | undefined, joined: string | undefined) => {
    replaced += 1;
    const read = path.join(path.dirname(file), joined === undefined ? (required ?? "") : segmentsOf(joined).join("/"));
    return isProtos(read) ? inlineProtos(read, names) : `require(${JSON.stringify(read)})`;
  });
  if (replaced === FILES_READ && names.length > 0) return inlined;
  throw new Error(
    `It reads ${replaced} files in the known way, not ${FILES_READ}, for ${names.length} names: check its new version.`,
  );
}

function segmentsOf(joined: string): string[] {
  return [...joined.matchAll(/'([^']+)'/g)].map(([, segment]) => segment ?? "");
}

const isProtos = (file: string): boolean => path.basename(path.dirname(file)) === "protos";

/** As a string, which is read faster than the same object as code. */
function inlineProtos(file: string, names: readonly string[]): string {
  const used = usedMessages(createRequire(import.meta.url)(file), names);
  return `JSON.parse(${JSON.stringify(JSON.stringify(used))})`;
}
