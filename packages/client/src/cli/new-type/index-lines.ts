import { RefusedError } from "../exit.ts";
import type { Names } from "./names.ts";

/** The indexes of task types and handlers, relative to the project's folder. */
export const INDEXES = { types: "shared/tasks/index.ts", handlers: "services/worker/handlers/index.ts" } as const;

/** How a list in an index begins and ends. */
interface Anchor {
  readonly begin: RegExp;
  readonly open: string;
  readonly close: string;
}

const TYPES: Anchor = { begin: /\btaskTypes:\s*\[/, open: "[", close: "]" };
const HANDLERS: Anchor = { begin: /\bcreateHandlers\b[^]*?\breturn\s*\{/, open: "{", close: "}" };

/**
 * Adds a type to the index of task types.
 *
 * @throws RefusedError if it has no list that a line can be added to.
 */
export function withType(index: string, { constant, files }: Names): string {
  const file = files.definition.replace("shared/tasks/", "./");
  return withImport(withEntry(index, `${constant},`, TYPES, INDEXES.types), `import { ${constant} } from "${file}";`);
}

/** Adds a handler to the index of handlers. Throws as `withType` does. */
export function withHandler(index: string, { type, handler, files }: Names, needsFirestore: boolean): string {
  const file = files.handler.replace("services/worker/handlers/", "./");
  // The function may destructure its dependencies.
  const whole = /\bcreateHandlers\(\s*(\w+)\s*[:)]/.exec(index)?.[1] ?? "{ db }";
  const entry = `${JSON.stringify(type)}: ${handler}${needsFirestore ? `(${whole})` : ""},`;
  return withImport(withEntry(index, entry, HANDLERS, INDEXES.handlers), `import { ${handler} } from "${file}";`);
}

/** Adds an entry at the end of a list. */
function withEntry(index: string, entry: string, { begin, open, close }: Anchor, file: string): string {
  const found = begin.exec(index);
  const end = found ? closeOf(index, found.index + found[0].length, { open, close }) : undefined;
  if (end === undefined) {
    throw new RefusedError(
      `${file} has no list that ends where one is expected. Nothing was written; add the type by hand.`,
    );
  }
  const before = index.slice(0, end).trimEnd();
  const comma = before.endsWith(",") || before.endsWith(open) ? "" : ",";
  return `${before}${comma}\n    ${entry}\n  ${index.slice(end)}`;
}

/** Where the bracket opened before `from` is closed. The lists have no brackets in strings or comments. */
function closeOf(text: string, from: number, { open, close }: Pick<Anchor, "open" | "close">): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === open) depth += 1;
    if (text[at] === close) depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

/** Adds an import after the others. */
function withImport(index: string, line: string): string {
  const last = [...index.matchAll(/^import [^;]*;$/gm)].at(-1);
  const at = last ? last.index + last[0].length : 0;
  return last ? `${index.slice(0, at)}\n${line}${index.slice(at)}` : `${line}\n${index}`;
}
