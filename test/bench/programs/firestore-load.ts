import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { type GrpcConnection, GrpcError, openGrpcConnection } from "../processes/grpc-connection.ts";
import { type Message, createFirestoreCaller } from "../processes/grpc-service.ts";

/**
 * Increments documents of an emulator by read-modify-write transactions, many at once, as fast as it answers. It
 * doesn't use Google's client, which in one process is slower than the emulators, but waits as that client does before
 * it retries an aborted transaction: with immediate retries, contending clients at Google's emulator never get
 * anywhere.
 */
const { address, collection, documents, increments, clients, connections } = z
  .object({
    address: z.string(),
    /** A collection that is still empty. */
    collection: z.string(),
    documents: z.int(),
    /** How often each document is incremented, by clients that compete for it. */
    increments: z.int(),
    clients: z.int(),
    connections: z.int(),
  })
  .parse(JSON.parse(process.argv[2] ?? ""));

const ABORTED = 10;
/** As `ExponentialBackoff` of @google-cloud/firestore: none before the second attempt, then these, ± 50 %. */
const FIRST_WAIT_MS = 1_000;
const WAIT_GROWTH = 1.5;
const MAX_ATTEMPTS = 50;

/** The part of the load that comes first, on its own documents, to warm up the code. */
const WARM_UP_SHARE = 0.1;

const database = "projects/bench/databases/(default)";
const call = createFirestoreCaller();
const open = await Promise.all(Array.from({ length: connections }, () => openGrpcConnection(address)));
let transactions = 0;

await incrementAll(namesIn(`${collection}-warm-up`, Math.ceil(documents * WARM_UP_SHARE)));
const names = namesIn(collection, documents);
const from = performance.now();
await incrementAll(names);
const seconds = (performance.now() - from) / 1_000;
await checkAll(open[0]);
await Promise.all(open.map((connection) => connection.close()));
process.stdout.write(`${JSON.stringify({ perSecond: (documents * increments) / seconds, transactions })}\n`);

function namesIn(collection: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${database}/documents/${collection}/${index}`);
}

async function incrementAll(names: readonly string[]): Promise<void> {
  let next = 0;
  const work = async (connection: GrpcConnection | undefined): Promise<void> => {
    if (!connection) throw new Error("There is no connection.");
    for (let n = next++; n < names.length * increments; n = next++) {
      await increment(connection, names[Math.floor(n / increments)] ?? "");
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => work(open[client % open.length])));
}

async function increment(connection: GrpcConnection, name: string): Promise<void> {
  let retryTransaction = new Uint8Array();
  let waitMs = 0;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    let transaction = new Uint8Array();
    try {
      const newTransaction = { readWrite: { retryTransaction } };
      const replies = await call(connection, "BatchGetDocuments", { database, documents: [name], newTransaction });
      transaction = replies.find((reply) => reply.transaction.length > 0)?.transaction;
      const fields = { n: { integerValue: countIn(replies) + 1 } };
      await call(connection, "Commit", { database, transaction, writes: [{ update: { name, fields } }] });
      transactions += 1;
      return;
    } catch (error) {
      if (!(error instanceof GrpcError && error.code === ABORTED)) throw error;
      retryTransaction = transaction;
      if (waitMs > 0) await setTimeout(waitMs * (0.5 + Math.random()));
      waitMs = Math.max(FIRST_WAIT_MS, waitMs * WAIT_GROWTH);
    }
  }
  throw new Error(`A transaction was aborted ${MAX_ATTEMPTS} times.`);
}

function countIn(replies: readonly Message[]): number {
  const found = replies.find((reply) => reply.found)?.found;
  return found ? Number(found.fields.n.integerValue) : 0;
}

/** Speed with lost updates would be worthless. */
async function checkAll(connection: GrpcConnection | undefined): Promise<void> {
  if (!connection) return;
  const replies = await call(connection, "BatchGetDocuments", { database, documents: names });
  const right = replies.filter((reply) => countIn([reply]) === increments).length;
  if (right !== documents) throw new Error(`${documents - right} of ${documents} documents lost an update.`);
}
