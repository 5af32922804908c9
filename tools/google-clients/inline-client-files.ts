import { createRequire } from "node:module";
import path from "node:path";
import { usedMessages } from "./used-messages.ts";

/** Modules with a generated client: in Google's packages, and in the library that they share. */
export const CLIENT_MODULE =
  /(?:@google-cloud[\\/].+_client|google-gax[\\/]build[\\/]src[\\/](?:iamService|locationService|operationsClient))\.js$/;

/** How clients read a JSON file: with `require`, or relative to their own folder. */
const READ = /require\(["']([^"']+\.json)["']\)|getJSON\(path\.join\(dirname, ((?:'[^']+'(?:, )?)+)\)\)/g;

/** How clients look up their service and, for long-running operations, the messages in the results. */
const LOOKED_UP = /\.lookup(?:Service)?\('\.?(?<name>[\w.]+)'\)/g;

/** How many files each client reads: its configuration, its package's manifest and the protos. */
const FILES_READ = 3;

/**
 * Inlines the files that a generated client reads. The protos are reduced to those that the client needs, since it
 * would build all of them at startup.
 *
 * @throws Error if it reads other files, as a new version may.
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

/** As a string, which parses faster than the same object as code. */
function inlineProtos(file: string, names: readonly string[]): string {
  const used = usedMessages(createRequire(import.meta.url)(file), names);
  return `JSON.parse(${JSON.stringify(JSON.stringify(used))})`;
}
