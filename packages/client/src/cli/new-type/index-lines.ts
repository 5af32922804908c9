import { RefusedError } from "../exit.ts";
import type { Names } from "./names.ts";

/** The indexes that name every task type, from the project's folder. */
export const INDEXES = { types: "shared/tasks/index.ts", handlers: "services/worker/handlers/index.ts" } as const;

/** Where a list in an index begins, and how it ends. */
interface Anchor {
  readonly begin: RegExp;
  readonly open: string;
  readonly close: string;
}

const TYPES: Anchor = { begin: /\btaskTypes:\s*\[/, open: "[", close: "]" };
const HANDLERS: Anchor = { begin: /\bcreateHandlers\b[^]*?\breturn\s*\{/, open: "{", close: "}" };

/**
 * The index of the task types, with one more.
 *
 * @throws RefusedError where it has no list that a line can be added to.
 */
export function withType(index: string, { constant, files }: Names): string {
  const file = files.definition.replace("shared/tasks/", "./");
  return withImport(withEntry(index, `${constant},`, TYPES, INDEXES.types), `import { ${constant} } from "${file}";`);
}

/** The index of the handlers, with one more. Throws as `withType` does. */
export function withHandler(index: string, { type, handler, files }: Names, needsFirestore: boolean): string {
  const file = files.handler.replace("services/worker/handlers/", "./");
  // The function may take its dependencies apart.
  const whole = /\bcreateHandlers\(\s*(\w+)\s*[:)]/.exec(index)?.[1] ?? "{ db }";
  const entry = `${JSON.stringify(type)}: ${handler}${needsFirestore ? `(${whole})` : ""},`;
  return withImport(withEntry(index, entry, HANDLERS, INDEXES.handlers), `import { ${handler} } from "${file}";`);
}

/** Adds an entry as the last one of a list. */
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

/** Where the bracket that was opened before `from` is closed. Texts and comments with brackets of their own don't occur there. */
function closeOf(text: string, from: number, { open, close }: Pick<Anchor, "open" | "close">): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === open) depth += 1;
    if (text[at] === close) depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

/** Adds an import below the others. */
function withImport(index: string, line: string): string {
  const last = [...index.matchAll(/^import [^;]*;$/gm)].at(-1);
  const at = last ? last.index + last[0].length : 0;
  return last ? `${index.slice(0, at)}\n${line}${index.slice(at)}` : `${line}\n${index}`;
}
