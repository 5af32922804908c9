import { setImmediate as nextTurn } from "node:timers/promises";
import type protobuf from "protobufjs/light.js";
import { type Clock, systemClock } from "../../../shared/clock.ts";
import type { Logger } from "../../../shared/log.ts";
import { type Endpoint, startEndpoint } from "../rpc/endpoint.ts";
import { loadProtos } from "../rpc/proto.ts";
import { type CommitLog, discardCommitLog, openCommitLog } from "./commit-log.ts";
import type { ConcurrencyMode } from "./concurrency.ts";
import { Databases } from "./databases.ts";
import { firestoreCalls } from "./firestore-service.ts";
import { httpRoutes } from "./http-routes.ts";

export interface FirestoreEmulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: the wall clock. */
  readonly clock?: Clock;
  /**
   * How conflicts of transactions are settled in all databases. Default `pessimistic`, as in Firestore's Standard
   * edition; `optimistic` as in its Enterprise edition.
   */
  readonly concurrency?: ConcurrencyMode;
  /** Where commits are kept; by default nowhere, so that nothing outlives the emulator. */
  readonly dataDir?: string;
  /** Whether to forget the commits that are kept there. Default false. */
  readonly fresh?: boolean;
  readonly log?: Logger;
}

/** A running Firestore emulator: point FIRESTORE_EMULATOR_HOST at `host:port`. */
export interface FirestoreEmulator {
  readonly host: string;
  readonly port: number;
  /** How often each RPC was called, by its short name. */
  readonly calls: ReadonlyMap<string, number>;
  /** Removes all documents of all databases. */
  clear(): void;
  /** Fails the calls that wait, closes every connection and resolves when the port is free; once, however often called. */
  stop(): Promise<void>;
}

const PROTO_PACKAGES = ["google.firestore.v1", "google.protobuf", "google.rpc", "google.type"];

/** The client sends at most 10 MiB of documents; what is larger is refused with Firestore's own error, not gRPC's. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

const SWEEP_INTERVAL_MS = 1_000;

/**
 * Starts a Firestore emulator for Google's own clients over gRPC. It answers every call of the data API but Listen,
 * Write and ExecutePipeline.
 *
 * @throws Error with code EADDRINUSE when the port is taken, BrokenJournalError when the kept commits can't be read.
 */
export async function startFirestoreEmulator(options: FirestoreEmulatorOptions = {}): Promise<FirestoreEmulator> {
  const clock = options.clock ?? systemClock;
  const protos = loadProtos({ npmPackage: "@google-cloud/firestore-api" }, PROTO_PACKAGES);
  const databases = new Databases(clock, options.concurrency ?? "pessimistic");
  const endpoint = await listen(databases, protos, options);
  try {
    // Not before the port is ours, since an emulator that runs on it may be writing to the same log, and in the same
    // turn of the event loop, so that no call comes before.
    if (options.dataDir !== undefined) databases.keepIn(openLog(options.dataDir, protos, options.fresh));
  } catch (error) {
    await endpoint.stop();
    throw error;
  }
  const sweeping = repeat(clock, SWEEP_INTERVAL_MS, () => databases.sweep());

  const stopOnce = async (): Promise<void> => {
    sweeping.cancel();
    databases.failWaiting();
    await nextTurn(); // so that the failures are sent before the connections are cut
    await endpoint.stop();
    databases.close();
  };
  let stopped: Promise<void> | undefined;
  const { host, port, calls } = endpoint;
  return { host, port, calls, clear: () => databases.clear(), stop: () => (stopped ??= stopOnce()) };
}

function openLog(dataDir: string, protos: protobuf.Root, fresh = false): CommitLog {
  if (fresh) discardCommitLog(dataDir);
  return openCommitLog(dataDir, protos.lookupType("google.firestore.v1.Document"));
}

function listen(databases: Databases, protos: protobuf.Root, options: FirestoreEmulatorOptions): Promise<Endpoint> {
  const { host, port, log } = options;
  return startEndpoint({
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(log ? { log } : {}),
    services: [{ service: protos.lookupService("google.firestore.v1.Firestore"), methods: firestoreCalls(databases) }],
    http: httpRoutes(databases),
    maxRequestBytes: MAX_REQUEST_BYTES,
  });
}

function repeat(clock: Clock, intervalMs: number, task: () => void): { cancel: () => void } {
  let timer = clock.setTimer(intervalMs, run);
  function run(): void {
    task();
    timer = clock.setTimer(intervalMs, run);
  }
  return { cancel: () => timer.cancel() };
}
