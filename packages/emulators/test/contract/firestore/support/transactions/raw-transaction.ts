import type { RawHarness } from "../harness.ts";

/** A document's fields, all of them strings, or null if it doesn't exist. */
export type Texts = Readonly<Record<string, string>> | null;

export interface RawWrite {
  readonly path: string;
  /** Null deletes. */
  readonly fields: Texts;
  /** Whether the document must not exist. */
  readonly create?: boolean;
}

/** A transaction, step by step, without the retries of Google's client. */
export interface RawTransaction {
  readonly id: Uint8Array;
  readonly read: (...paths: string[]) => Promise<Texts[]>;
  /** The paths and fields of a collection's documents in which a field has a value. */
  readonly query: (collection: string, field: string, value: string) => Promise<[string, Texts][]>;
  readonly commit: (...writes: RawWrite[]) => Promise<void>;
  readonly rollback: () => Promise<void>;
}

export async function begin(
  raw: RawHarness,
  options: { retries?: RawTransaction; readOnly?: boolean } = {},
): Promise<RawTransaction> {
  const readWrite = options.retries ? { retryTransaction: options.retries.id } : {};
  const [begun] = await raw.client.beginTransaction({
    database: raw.database,
    options: options.readOnly === true ? { readOnly: {} } : { readWrite },
  });
  const transaction = bytesOf(begun.transaction);
  return {
    id: transaction,
    read: (...paths) => readTexts(raw, paths, transaction),
    query: (collection, field, value) => queryTexts(raw, { collection, field, value }, transaction),
    commit: (...writes) => commit(raw, writes, transaction),
    async rollback() {
      await raw.client.rollback({ database: raw.database, transaction });
    },
  };
}

/** Commits outside a transaction, or in one. */
export async function commit(raw: RawHarness, writes: readonly RawWrite[], transaction?: Uint8Array): Promise<void> {
  await raw.client.commit({
    database: raw.database,
    writes: writes.map(({ path, fields, create }) => ({
      ...(fields ? { update: { name: raw.name(path), fields: toWire(fields) } } : { delete: raw.name(path) }),
      ...(create === true ? { currentDocument: { exists: false } } : {}),
    })),
    ...(transaction ? { transaction } : {}),
  });
}

/** Reads documents, outside a transaction or in one. */
export async function readTexts(raw: RawHarness, paths: readonly string[], transaction?: Uint8Array): Promise<Texts[]> {
  const documents = paths.map((path) => raw.name(path));
  const found = new Map<string, Texts>();
  const request = { database: raw.database, documents, ...(transaction ? { transaction } : {}) };
  const stream = raw.client.batchGetDocuments(request, FAIL_AT_ONCE);
  for await (const reply of stream) {
    if (reply.found) found.set(reply.found.name, fromWire(reply.found.fields));
  }
  return documents.map((name) => found.get(name) ?? null);
}

/** Google's client retries a streaming call that fails before its first message, after 2 s and 4 s. */
const FAIL_AT_ONCE = { retryRequestOptions: { retries: 0, noResponseRetries: 0 } };

async function queryTexts(
  raw: RawHarness,
  { collection, field, value }: { collection: string; field: string; value: string },
  transaction: Uint8Array,
): Promise<[string, Texts][]> {
  const request = {
    parent: raw.name("").slice(0, -1),
    structuredQuery: {
      from: [{ collectionId: collection }],
      where: { fieldFilter: { field: { fieldPath: field }, op: "EQUAL" as const, value: { stringValue: value } } },
    },
    transaction,
  };
  const stream = raw.client.runQuery(request, FAIL_AT_ONCE);
  const found: [string, Texts][] = [];
  for await (const reply of stream) {
    if (reply.document) found.push([reply.document.name.slice(raw.name("").length), fromWire(reply.document.fields)]);
  }
  return found;
}

type WireTexts = Readonly<Record<string, { readonly stringValue?: string | null }>>;

const toWire = (texts: NonNullable<Texts>): Record<string, { stringValue: string }> =>
  Object.fromEntries(Object.entries(texts).map(([name, stringValue]) => [name, { stringValue }]));

const fromWire = (fields: WireTexts): Texts =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.stringValue ?? ""]));

function bytesOf(value: Uint8Array | string | null | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error("The transaction has no id.");
}
