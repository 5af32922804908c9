import { Firestore } from "@google-cloud/firestore";
import { FirestoreCalls } from "./firestore-calls.ts";

/** The location of a database, and how to reach it. */
export interface DatabaseSettings {
  readonly projectId: string;
  readonly databaseId?: string;
  /** The emulator's address; default: the real service, with the process's own credentials. */
  readonly emulator?: { readonly host: string; readonly port: number } | undefined;
}

/** Gives full access to an emulator, as in Google's client. */
const OWNER = { Authorization: "Bearer owner" };

/**
 * Google's client of a database, for transactions, queries and listeners, plus direct calls, which cost less than half
 * as much (docs/decisions/039-commits-by-the-generated-client.md). Closing it closes both.
 */
export class RecordDatabase extends Firestore {
  readonly calls: FirestoreCalls;

  constructor({ projectId, databaseId = "(default)", emulator }: DatabaseSettings) {
    const address = emulator ? { host: `${emulator.host}:${emulator.port}`, ssl: false, customHeaders: OWNER } : {};
    super({ projectId, databaseId, ...address });
    const database = `projects/${projectId}/databases/${databaseId}`;
    this.calls = new FirestoreCalls({ database, emulator, headers: emulator ? OWNER : {} });
  }

  override async terminate(): Promise<void> {
    await Promise.all([super.terminate(), this.calls.close()]);
  }
}
