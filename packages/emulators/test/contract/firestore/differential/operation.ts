import type { JsonObject } from "./json.ts";

/**
 * One call, in plain data. Texts in angle brackets stand for what only the emulator knows: `<transaction 0>` for the
 * first transaction of the case, `<time 2>` for the time at which operation 2 wrote, `<time 2 +1>` for a microsecond
 * after it, `<page>` for the token that the operation before ended with.
 */
export interface Operation {
  readonly call: string;
  readonly request: JsonObject;
}

/** The calls that change documents or transactions. */
const CHANGING = new Set([
  "Commit",
  "BatchWrite",
  "CreateDocument",
  "UpdateDocument",
  "DeleteDocument",
  "BeginTransaction",
  "Rollback",
]);

/** Whether two emulators that answer the call differently may be in different states afterwards. */
export function mayDiverge({ call, request }: Operation): boolean {
  return CHANGING.has(call) || Object.hasOwn(request, "newTransaction") || Object.hasOwn(request, "transaction");
}

/** The project of every case; the emulator is given another name for each run. */
export const PROJECT = "projects/p";

/** The databases of a case, in two projects. */
export const DATABASES = [
  "projects/p/databases/(default)",
  "projects/p/databases/d",
  "projects/p-q/databases/(default)",
];

/** The database of a case's documents. */
export const DATABASE = "projects/p/databases/(default)";

/** What a document's name is below. */
export const ROOT = `${DATABASE}/documents`;
