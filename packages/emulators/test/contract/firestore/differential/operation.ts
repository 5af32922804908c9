import type { JsonObject } from "./json.ts";

/**
 * One call, as plain data. Texts in angle brackets refer to what the emulator has returned: `<transaction 0>` is the first
 * transaction of the case, `<time 2>` the time at which operation 2 wrote, `<time 2 +1>` a microsecond later, and `<page>`
 * the page token of the previous operation.
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

/** Whether two emulators that respond differently to the call may be in different states afterwards. */
export function mayDiverge({ call, request }: Operation): boolean {
  return CHANGING.has(call) || Object.hasOwn(request, "newTransaction") || Object.hasOwn(request, "transaction");
}

/** The project of every case. Each run sends another name to the emulator. */
export const PROJECT = "projects/p";

/** The databases of a case, in two projects. */
export const DATABASES = [
  "projects/p/databases/(default)",
  "projects/p/databases/d",
  "projects/p-q/databases/(default)",
];

/** The database of a case's documents. */
export const DATABASE = "projects/p/databases/(default)";

/** What all document names start with. */
export const ROOT = `${DATABASE}/documents`;
