import { type CollectionReference, Firestore, v1 } from "@google-cloud/firestore";
import { credentials } from "@grpc/grpc-js";
import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";

/** What one test works with: a project of its own, seen through Google's client. */
export interface Bundle {
  readonly address: string;
  readonly projectId: string;
  readonly db: Firestore;
  /** A collection that nobody else uses. */
  readonly collection: CollectionReference;
  /** Another client, by default of the same project and database. */
  readonly connect: (where?: { projectId?: string; databaseId?: string }) => Firestore;
}

export function setupClient(address: string): Bundle {
  const projectId = `demo-${randomUUID().slice(0, 8)}`;
  const connect = (where: { projectId?: string; databaseId?: string } = {}): Firestore => {
    const client = new Firestore({ projectId, host: address, ssl: false, ...where });
    onTestFinished(() => client.terminate());
    return client;
  };
  const db = connect();
  return { address, projectId, db, collection: db.collection("things"), connect };
}

/** The calls themselves, for what Google's client hides or never sends. */
export interface RawBundle {
  readonly client: InstanceType<typeof v1.FirestoreClient>;
  readonly database: string;
  /** The full name of a document, given its path below the root. */
  readonly name: (path: string) => string;
}

export function setupRaw(address: string, projectId = `demo-${randomUUID().slice(0, 8)}`): RawBundle {
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

/** Resolves everyone when as many have arrived; whoever comes later passes. */
export function barrier(parties: number): () => Promise<void> {
  let arrived = 0;
  const open = Promise.withResolvers<void>();
  return () => {
    arrived += 1;
    if (arrived >= parties) open.resolve();
    return open.promise;
  };
}
