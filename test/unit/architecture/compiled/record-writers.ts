import { expect, test } from "vitest";
import { TASK_OUTBOX } from "../../../../shared/outbox/entry.ts";
import { DEAD_LETTERS } from "../../../../shared/records/letters/dead-letter.ts";
import { TASK_SCHEDULES } from "../../../../shared/schedules/task-schedules.ts";
import { TASK_RECORDS } from "../../../../shared/records/task-record.ts";
import { firestoreQueries, firestoreWrites, textsIn } from "./firestore-writes.ts";
import { WHOLE_PROJECT_MS, plantProgram } from "../plant.ts";
import { isProduct, product } from "./product.ts";
import { type Program, loadProgram } from "./program.ts";

/** The modules that write records, dead letters, entries of the outbox and schedules. The client writes entries, in other people's commits. */
const STORES = [
  "packages/client/src/outbox/entry-writer.ts",
  "services/producer/schedules/firestore-schedules.ts",
  "shared/outbox/outbox-store.ts",
  "shared/records/documents.ts",
  "shared/records/letters/letter-store.ts",
  "shared/records/task-store.ts",
  "shared/records/wire/firestore-calls.ts",
];

/** The modules that make queries. */
const QUERIES = [
  "services/producer/schedules/firestore-schedules.ts",
  "shared/outbox/outbox-queries.ts",
  "shared/records/letters/dead-letter-queries.ts",
];

/** Handlers write, too, but to the user's own collections. */
const HANDLERS = "services/worker/handlers/";

const OUR_COLLECTIONS = [TASK_RECORDS, DEAD_LETTERS, TASK_OUTBOX, TASK_SCHEDULES];

/** The writes to Firestore outside the store and the handlers. */
function writesElsewhere(program: Program): string[] {
  return firestoreWrites(program, program.files)
    .filter(({ file }) => !STORES.includes(file) && !file.startsWith(HANDLERS))
    .map(({ place, what }) => `${place} ${what}`);
}

/** Handlers that could get at our records: they import a module of shared/records/, or name a collection of ours. */
function handlersWithRecords(program: Program): string[] {
  return program.files
    .filter((file) => file.startsWith(HANDLERS))
    .flatMap((file) => {
      const modules = program.runTimeImports(file).flatMap(({ file: imported }) => imported ?? []);
      // A prefix of any kind may stand before a name.
      const parts = textsIn(program, file).flatMap((text) => text.split("/"));
      return [
        ...modules
          .filter((module) => module.startsWith("shared/records/"))
          .map((module) => `${file} imports ${module}`),
        ...OUR_COLLECTIONS.filter((name) => parts.some((part) => part.endsWith(name))).map(
          (name) => `${file} names ${name}`,
        ),
      ];
    });
}

test("only the stores and the user's handlers write to Firestore", { timeout: WHOLE_PROJECT_MS }, () => {
  expect(product.files.length).toBeGreaterThan(90);
  for (const store of STORES) expect(firestoreWrites(product, [store])).not.toEqual([]);
  expect(writesElsewhere(product)).toEqual([]);
});

test("no module declares a global, which could carry a writer past the imports", () => {
  expect(product.files.filter((file) => product.source(file).text.includes("declare global"))).toEqual([]);
});

test("queries are in files of their own, and a test derives the indexes of each", () => {
  const others = product.files.filter((file) => !QUERIES.includes(file) && !file.startsWith(HANDLERS));

  for (const file of QUERIES) expect(firestoreQueries(product, [file])).not.toEqual([]);
  expect(firestoreQueries(product, others)).toEqual([]);
});

test("a query in any other file is detected", async () => {
  const text = `
    export const a = (db: Firestore) => db.collection("x").where("a", "==", 1).orderBy("b");
    export const b = (db: Firestore) => db.collectionGroup("x").limit(1);
    export const c = (rows: { where(field: string): void; limit: number }) => [rows.where("a"), rows.limit];`;
  const program = loadProgram(await plantProgram({ "shared/a.ts": `${IMPORT}${text}\n` }), isProduct);

  expect(firestoreQueries(program, ["shared/a.ts"]).toSorted()).toEqual([
    "shared/a.ts:3 Query.orderBy",
    "shared/a.ts:3 Query.where",
    "shared/a.ts:4 Firestore.collectionGroup",
    "shared/a.ts:4 Query.limit",
  ]);
});

test("no handler can reach our records", () => {
  expect(product.files.filter((file) => file.startsWith(HANDLERS))).not.toEqual([]);
  expect(handlersWithRecords(product)).toEqual([]);
});

const IMPORT =
  'import type { DocumentReference, Firestore, Transaction, WriteBatch } from "@google-cloud/firestore";\n';

/** Ways to write, each planted in a file of its own, and what should be found there. */
const SNEAKED: Readonly<Record<string, { readonly text: string; readonly found: readonly string[] }>> = {
  directly: {
    text: "export const a = (ref: DocumentReference) => ref.set({});",
    found: ["DocumentReference.set"],
  },
  "to-a-collection": {
    text: 'export const a = (db: Firestore) => db.collection("x").add({});',
    found: ["CollectionReference.add"],
  },
  "by-a-batch": {
    text: "export const a = (db: Firestore, ref: DocumentReference) => db.batch().delete(ref).commit();",
    found: ["Firestore.batch", "WriteBatch.commit", "WriteBatch.delete"],
  },
  "by-a-bulk-writer": {
    text: "export const a = (db: Firestore, ref: DocumentReference) => db.bulkWriter().create(ref, {});",
    found: ["BulkWriter.create", "Firestore.bulkWriter"],
  },
  "in-a-transaction": {
    text: "export const a = (db: Firestore, ref: DocumentReference) => db.runTransaction(async (t) => t.update(ref, {}));",
    found: ["Firestore.runTransaction", "Transaction.update"],
  },
  "under-another-name": {
    text: "export const a = (ref: DocumentReference) => { const put = ref.set.bind(ref); return put({}); };",
    found: ["DocumentReference.set"],
  },
  "by-a-variable": {
    text: "export const a = (t: Transaction | null, ref: DocumentReference) => { const helper = t; helper?.create(ref, {}); };",
    found: ["Transaction.create"],
  },
  destructured: {
    text: "export const a = ({ delete: remove }: WriteBatch, ref: DocumentReference) => remove(ref);",
    found: ["WriteBatch.delete"],
  },
  "by-a-key": {
    text: 'export const a = (ref: DocumentReference) => ref["update"]({});',
    found: ["DocumentReference.update"],
  },
  "by-an-unknown-key": {
    text: "export const a = <K extends keyof DocumentReference>(ref: DocumentReference, key: K) => ref[key];",
    found: ["DocumentReference[…]"],
  },
  "by-a-part-of-the-type": {
    text: 'export const a = (writer: Pick<WriteBatch, "set">, ref: DocumentReference) => writer.set(ref, {});',
    found: ["WriteBatch.set"],
  },
  "by-an-interface": {
    text: [
      "interface Writer { set(ref: DocumentReference, data: object): unknown }",
      "const put = (writer: Writer, ref: DocumentReference) => writer.set(ref, {});",
      "export const a = (batch: WriteBatch, ref: DocumentReference) => put(batch, ref);",
    ].join("\n"),
    found: ["WriteBatch"],
  },
  "by-an-interface-of-a-variable": {
    text: "export const a = (t: Transaction) => { const writer: { set(ref: DocumentReference, data: object): unknown } = t; return writer; };",
    found: ["Transaction"],
  },
  "by-a-field-of-an-interface": {
    text: "export const a = (batch: WriteBatch): { w: { commit(): Promise<unknown> } } => ({ w: batch });",
    found: ["WriteBatch"],
  },
  "by-a-type-parameter": {
    text: [
      "const put = <W extends { commit(): unknown }>(writer: W) => writer.commit();",
      "export const a = (batch: WriteBatch) => put(batch);",
    ].join("\n"),
    found: ["WriteBatch"],
  },
  "by-the-generated-client": {
    text: 'export const a = (client: import("@google-cloud/firestore-api").v1.FirestoreClient) => client.commit({});',
    found: ["FirestoreClient.commit"],
  },
  "by-a-cast": {
    text: "export const a = (ref: DocumentReference) => ref as unknown;",
    found: ["DocumentReference"],
  },
};

test("a write in any other file is detected, however it is disguised", async () => {
  const texts = Object.entries(SNEAKED).map(([name, { text }]) => [`services/worker/${name}.ts`, `${IMPORT}${text}\n`]);
  const program = loadProgram(await plantProgram(Object.fromEntries(texts)), isProduct);

  const found = Object.keys(SNEAKED).map((name): [string, string[]] => {
    const writes = firestoreWrites(program, [`services/worker/${name}.ts`]).map(({ what }) => what);
    return [name, writes.toSorted()];
  });

  expect(found).toEqual(Object.entries(SNEAKED).map(([name, sneaked]) => [name, sneaked.found]));
});

test("reads don't count as writes, nor do methods of the same name on other objects", async () => {
  const text = `
    interface Cache { set(key: string, value: DocumentReference): void }
    export async function a(db: Firestore, batches: Map<string, WriteBatch>, cache: Cache, batch: WriteBatch) {
      const ref = db.collection("x").doc("y");
      batches.set("a", batch);
      batches.delete("a");
      cache.set("a", ref);
      const { exists } = await ref.get();
      return { exists, context: { batch } };
    }`;
  const program = loadProgram(await plantProgram({ "shared/a.ts": `${IMPORT}${text}\n` }), isProduct);

  expect(firestoreWrites(program, ["shared/a.ts"])).toEqual([]);
});

test("a handler that imports a record module or names one of our collections is detected", async () => {
  const program = loadProgram(
    await plantProgram({
      "shared/records/task-record.ts": `export const TASK_RECORDS = "${TASK_RECORDS}";\nexport type TaskError = string;\n`,
      "shared/contract/passed-on.ts": 'export { TASK_RECORDS as NAME } from "../records/task-record.ts";\n',
      [`${HANDLERS}imports.ts`]: 'import * as records from "../../../shared/records/task-record.ts";\nvoid records;\n',
      [`${HANDLERS}constant.ts`]: 'import { NAME } from "../../../shared/contract/passed-on.ts";\nvoid NAME;\n',
      [`${HANDLERS}template.ts`]: `export const path = (id: string) => \`${DEAD_LETTERS}/\${id}\`;\n`,
      [`${HANDLERS}prefixed.ts`]: `export const name = "our_${DEAD_LETTERS}";\n`,
      [`${HANDLERS}fine.ts`]: [
        'import type { TaskError } from "../../../shared/records/task-record.ts";',
        'export const accounts: TaskError = "accounts";',
      ].join("\n"),
    }),
    isProduct,
  );

  expect(handlersWithRecords(program).toSorted()).toEqual([
    `${HANDLERS}constant.ts names ${TASK_RECORDS}`,
    `${HANDLERS}imports.ts imports shared/records/task-record.ts`,
    `${HANDLERS}prefixed.ts names ${DEAD_LETTERS}`,
    `${HANDLERS}template.ts names ${DEAD_LETTERS}`,
  ]);
});
