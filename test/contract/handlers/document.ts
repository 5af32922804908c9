import fs from "node:fs";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const EXAMPLES = path.join(import.meta.dirname, "examples");

/** Where the examples would be if they were a user's. */
const PLACES: readonly (readonly [examples: string, user: string])[] = [
  [path.join(EXAMPLES, "tasks"), path.join(ROOT, "shared/tasks")],
  [path.join(EXAMPLES, "handlers"), path.join(ROOT, "services/worker/handlers")],
  [path.join(EXAMPLES, "count-attempts.ts"), path.join(ROOT, "services/worker/count-attempts.ts")],
  [EXAMPLES, path.join(ROOT, "test/contract/handlers")],
];

/** What docs/handlers.md says. */
export const DOCUMENT = fs.readFileSync(path.join(ROOT, "docs/handlers.md"), "utf8");

/** The document's code blocks in TypeScript. */
export function codeBlocks(): string[] {
  return [...DOCUMENT.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
}

/** The texts of all examples, each importing as it would in its place. */
export function examples(): string[] {
  const files = fs.readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.map((file) => {
    const from = path.join(EXAMPLES, file);
    return fs.readFileSync(from, "utf8").replaceAll(/(?<= from ")\.[^"]+/g, (specifier) => {
      const to = placeOf(path.resolve(path.dirname(from), specifier));
      return path.relative(path.dirname(placeOf(from)), to).replace(/^(?!\.)/, "./");
    });
  });
}

/** The cells of the rows of the table in a section, below its head. */
export function rowsOf(section: string): string[][] {
  const text = DOCUMENT.split(`\n## ${section}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The files that the document names. */
export function namedFiles(): { readonly file: string; readonly exists: boolean }[] {
  const named = new Set(DOCUMENT.match(/(?<=`)(?:shared|services|docs|packages)\/[\w/.-]+\.(?:ts|md)(?=`)/g));
  return [...named].map((file) => ({ file, exists: fs.existsSync(path.join(ROOT, file)) }));
}

function placeOf(file: string): string {
  const [examples, user] = PLACES.find(([folder]) => file === folder || file.startsWith(folder + path.sep)) ?? [];
  return examples && user ? user + file.slice(examples.length) : file;
}
