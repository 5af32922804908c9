import type { Timestamp } from "@google-cloud/firestore";
import type { protos, v1 } from "@google-cloud/firestore-api";
import { systemClock } from "../../runtime/clock.ts";
import { pause } from "../../runtime/deadline.ts";
import { isFirestoreError } from "../record-store-error.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { callRead } from "./read-call.ts";
import type { StoredDocument } from "./stored-document.ts";
import { plainTime } from "./wire-values.ts";

/** A change of one document, as it goes over the wire. */
export type WireWrite = protos.google.firestore.v1.IWrite;

interface CallSettings {
  /** The database's full name. */
  readonly database: string;
  readonly emulator: { readonly host: string; readonly port: number } | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * When and how to retry a commit, as Google's client does for a batch: RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE. The
 * times are those that Firestore's configuration sets for all calls
 * (https://github.com/googleapis/googleapis/blob/master/google/firestore/v1/firestore_grpc_service_config.json).
 */
const REPEATED_COMMITS = {
  retryCodes: [8, 10, 14],
  backoffSettings: {
    initialRetryDelayMillis: 100,
    retryDelayMultiplier: 1.3,
    maxRetryDelayMillis: 60_000,
    initialRpcTimeoutMillis: 60_000,
    rpcTimeoutMultiplier: 1,
    maxRpcTimeoutMillis: 60_000,
    totalTimeoutMillis: 600_000,
  },
};

/** When to retry a read, as Google's client does: DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE. */
const REPEATED_READS = new Set([4, 13, 14]);
const MAX_READS = 5;
const FIRST_PAUSE_MS = 1_000;
const PAUSE_GROWTH = 1.5;

/** Google's client sets these on its connections, too. */
const CHANNEL_OPTIONS = { "grpc-node.flow_control_window": 256 * 1_024, "grpc.use_local_subchannel_pool": 1 };

/**
 * Calls by the client that Google generates from Firestore's definition, and builds its other client on: the same
 * connections, credentials, deadlines and retries, without the objects in between. The first call loads it.
 */
export class FirestoreCalls {
  readonly #settings: CallSettings;
  readonly #connections: ConnectionPool<v1.FirestoreClient>;

  constructor(settings: CallSettings) {
    this.#settings = settings;
    this.#connections = new ConnectionPool(() => connect(settings));
  }

  /** A document's full name, from its collection at the database's root. */
  nameOf(collection: string, name: string): string {
    return `${this.#settings.database}/documents/${collection}/${name}`;
  }

  /**
   * Makes all changes or none in one commit. Rejects with the client's error, which has a gRPC status.
   *
   * @returns the first document's update time; undefined without changes.
   */
  async commit(writes: readonly WireWrite[]): Promise<Timestamp | undefined> {
    const { database } = this.#settings;
    const request = { database, writes: [...writes] };
    const options = { ...this.#options(), retry: REPEATED_COMMITS };
    const [{ writeResults, commitTime }] = await this.#connections.use((client) => client.commit(request, options));
    const [first] = writeResults ?? [];
    const time = first && (first.updateTime ?? commitTime);
    return time ? plainTime(time) : undefined;
  }

  /** Reads a document, which may not exist. Rejects with the client's error after as many tries as Google's makes. */
  async read(name: string): Promise<StoredDocument> {
    let pauseMs = FIRST_PAUSE_MS;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#connections.use((client) => callRead(client, { ...this.#settings, name }));
      } catch (error) {
        if (tries === MAX_READS || !isFirestoreError(error) || !REPEATED_READS.has(error.code)) throw error;
      }
      // The client's own pauses are in real time, too.
      await pause({ clock: systemClock, timeoutMs: pauseMs * (0.5 + Math.random()) });
      pauseMs *= PAUSE_GROWTH;
    }
  }

  /** The client modifies the object that it is given, so each call gets its own. */
  #options() {
    const { database, headers } = this.#settings;
    return { otherArgs: { headers: { "google-cloud-resource-prefix": database, ...headers } } };
  }

  /** Closes the connections when their calls have ended. */
  async close(): Promise<void> {
    await this.#connections.close();
  }
}

async function connect({ emulator }: CallSettings): Promise<v1.FirestoreClient> {
  // These are CommonJS modules: loaded by a bundle with a dynamic import, they have only a default export.
  const { default: api } = await import("@google-cloud/firestore-api");
  if (!emulator) return new api.v1.FirestoreClient(CHANNEL_OPTIONS);
  const { default: grpc } = await import("@grpc/grpc-js");
  const { default: auth } = await import("google-auth-library");
  return new api.v1.FirestoreClient({
    ...CHANNEL_OPTIONS,
    servicePath: emulator.host,
    port: emulator.port,
    sslCreds: grpc.credentials.createInsecure(),
    // Without it, the first call looks for a metadata server before it is sent.
    authClient: new auth.PassThroughClient(),
  });
}
