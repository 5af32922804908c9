import type { CollectionReference } from "@google-cloud/firestore";
import { prefixedCollections } from "../../shared/records/collections.ts";
import { letterQuery } from "../../shared/records/letters/dead-letter-queries.ts";
import { isFirestoreError } from "../../shared/records/record-store-error.ts";
import { Documents } from "../../shared/records/documents.ts";
import { LetterStore } from "../../shared/records/letters/letter-store.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { collectionPrefixVariable } from "../../shared/runtime/config.ts";
import { createFirestore } from "../../shared/runtime/google-clients.ts";
import { readOptions } from "../read-options.ts";

const USAGE = `Gives dead letters of earlier revisions the status and the code that they are found by.

  npm run -s dead-letters:backfill -- --project PROJECT --database DATABASE [--collection-prefix PREFIX]

PREFIX is the stack's handoff:collectionPrefix, if it has one. This uses your own credentials (gcloud auth
application-default login), or the emulator in FIRESTORE_EMULATOR_HOST. It can be repeated, and letters may be written
meanwhile.
`;

const OPTIONS = {
  project: { type: "string" },
  database: { type: "string" },
  "collection-prefix": { type: "string" },
  help: { type: "boolean" },
} as const;

/** Completes all letters, page by page. Returns how many there were of each kind. */
async function completeAll(store: LetterStore) {
  const total = { read: 0, completed: 0, changed: 0 };
  let last: string | null = null;
  do {
    const page = await store.completePage(last);
    total.read += page.read;
    total.completed += page.completed;
    total.changed += page.changed;
    last = page.last;
  } while (last !== null);
  return total;
}

/** How many letters are open, by the query that lists them. Undefined if its index isn't there yet. */
async function countOpen(letters: CollectionReference): Promise<number | undefined> {
  try {
    const counted = await letterQuery(letters, { status: "open" }).count().get();
    return counted.data().count;
  } catch (error) {
    if (isFirestoreError(error) && error.code === FAILED_PRECONDITION) return undefined;
    throw error;
  }
}

/** Firestore's status for a query without an index. */
const FAILED_PRECONDITION = 9;

async function main(): Promise<void> {
  const {
    project,
    database,
    "collection-prefix": prefix = "",
    help,
  } = readOptions(process.argv.slice(2), OPTIONS, USAGE);
  if (help === true) return void process.stdout.write(USAGE);
  if (project === undefined || database === undefined) {
    throw new ConfigError(`Name the project and the database.\n\n${USAGE}`);
  }
  if (prefix !== "" && !collectionPrefixVariable.safeParse(prefix).success) {
    throw new ConfigError("--collection-prefix can't be a prefix: take handoff:collectionPrefix.");
  }
  const db = createFirestore({ GOOGLE_CLOUD_PROJECT: project, FIRESTORE_DATABASE: database });
  const documents = new Documents({ db, clock: systemClock, collectionPrefix: prefix });
  const store = new LetterStore(documents);
  try {
    const { read, completed, changed } = await completeAll(store);
    const open = await countOpen(db.collection(prefixedCollections(prefix).deadLetters));
    process.stdout.write(
      `${read} dead letters: ${completed} completed now, ${read - completed - changed} complete before.\n`,
    );
    if (changed > 0) process.stdout.write(`${changed} were changed or deleted meanwhile. Repeat this for them.\n`);
    process.stdout.write(
      open === undefined ? "The index by status is missing or not built yet. Deploy first.\n" : `${open} are open.\n`,
    );
    if (changed > 0 || open === undefined) process.exitCode = 1;
  } finally {
    await documents.close(systemClock);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigError) && !isFirestoreError(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
