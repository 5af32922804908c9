import { type CollectionReference, Firestore } from "@google-cloud/firestore";
import { v1 } from "@google-cloud/firestore-api";
import { credentials } from "@grpc/grpc-js";
import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";

/** A project of the test's own, through Google's client. */
export interface Harness {
  readonly address: string;
  readonly projectId: string;
  readonly db: Firestore;
  /** A collection that nobody else uses. */
  readonly collection: CollectionReference;
  /** Another client, by default of the same project and database. */
  readonly connect: (where?: { projectId?: string; databaseId?: string }) => Firestore;
}

export function setupClient(address: string): Harness {
  const projectId = `demo-${randomUUID().slice(0, 8)}`;
  const connect = (where: { projectId?: string; databaseId?: string } = {}): Firestore => {
    const client = new Firestore({ projectId, host: address, ssl: false, ...where });
    onTestFinished(() => client.terminate());
    return client;
  };
  const db = connect();
  return { address, projectId, db, collection: db.collection("things"), connect };
}

/** The API's calls, for what Google's client hides or never sends. */
export interface RawHarness {
  readonly client: InstanceType<typeof v1.FirestoreClient>;
  readonly database: string;
  /** The full name of a document, given its path below the root. */
  readonly name: (path: string) => string;
}

export function setupRaw(address: string, projectId = `demo-${randomUUID().slice(0, 8)}`): RawHarness {
  const { hostname, port } = new URL(`http://${address}`);
  const client = new v1.FirestoreClient({
    projectId,
    servicePath: hostname,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  });
  onTestFinished(() => client.close());
  const database = `projects/${projectId}/databases/(default)`;
  return { client, database, name: (path) => `${database}/documents/${path}` };
}

/** Lets everyone pass once this many have arrived. */
export function barrier(parties: number): () => Promise<void> {
  let arrived = 0;
  const open = Promise.withResolvers<void>();
  return () => {
    arrived += 1;
    if (arrived >= parties) open.resolve();
    return open.promise;
  };
}
