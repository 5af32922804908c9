import { setImmediate as nextTurn } from "node:timers/promises";
import type protobuf from "protobufjs/light.js";
import { systemClock } from "../kernel/clock.ts";
import { type CallFault, checkMethod, withCallFaults } from "../kernel/call-faults.ts";
import { createControlSurface } from "../control/control-surface.ts";
import { FaultSet } from "../kernel/fault-set.ts";
import { authority } from "../kernel/port.ts";
import { startEndpoint } from "../rpc/endpoint.ts";
import { loadProtos } from "../rpc/proto.ts";
import { type CommitLog, discardCommitLog, openCommitLog } from "./store/commit-log.ts";
import { Databases } from "./databases.ts";
import type { FirestoreEmulator, FirestoreEmulatorOptions } from "./emulator-options.ts";
import { firestoreCalls, firestoreStreams } from "./firestore-service.ts";
import { httpRoutes } from "./http-routes.ts";

const PROTO_PACKAGES = ["google.firestore.v1", "google.protobuf", "google.rpc", "google.type"];

/** Well above the limit for commits of 10 MiB, so that larger ones are refused with Firestore's error rather than gRPC's. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

const DEFAULT_PROJECT = "emulated";
const DEFAULT_FAULT_SEED = 1;

/** gRPC writes the failures of calls within this many turns of the event loop; those of streams in the second. */
const FAREWELL_TURNS = 4;

/**
 * Starts a Firestore emulator for Google's own clients over gRPC. It has every call of the data API except Write and
 * ExecutePipeline.
 *
 * @throws Error with code EADDRINUSE when the port is taken; BrokenJournalError when the stored commits can't be read.
 */
export async function startFirestoreEmulator(options: FirestoreEmulatorOptions = {}): Promise<FirestoreEmulator> {
  const clock = options.clock ?? systemClock;
  const protos = loadProtos({ npmPackage: "@google-cloud/firestore-api" }, PROTO_PACKAGES);
  const databases = new Databases(clock, options.concurrency ?? "pessimistic");
  const methods = firestoreCalls(databases);
  const faults = new FaultSet<CallFault>(options.faultSeed ?? DEFAULT_FAULT_SEED);
  const control = createControlSurface(async () => {
    const { createFirestoreControl } = await import("./control.ts");
    return createFirestoreControl(emulator, clock);
  });
  const service = protos.lookupService("google.firestore.v1.Firestore");
  const endpoint = await startEndpoint({
    ...listeningOptions(options),
    services: [{ service, methods: withCallFaults(methods, faults), streams: firestoreStreams(databases) }],
    http: httpRoutes(databases, control),
    maxRequestBytes: MAX_REQUEST_BYTES,
  });
  try {
    // Only once the port is ours, since another emulator on it may be writing to the same log; and in the same turn of
    // the event loop, so that no call arrives before.
    if (options.dataDir !== undefined) databases.keepIn(openLog(options.dataDir, protos, options.fresh));
  } catch (error) {
    await endpoint.stop();
    throw error;
  }

  const stopOnce = async (): Promise<void> => {
    databases.failWaiting();
    for (let turn = 0; turn < FAREWELL_TURNS; turn++) await nextTurn();
    await endpoint.stop();
    databases.close();
  };
  let stopped: Promise<void> | undefined;
  const { host, port, calls } = endpoint;
  const emulator: FirestoreEmulator = {
    host,
    port,
    calls,
    clientOptions: ({ projectId = DEFAULT_PROJECT } = {}) => ({
      projectId,
      host: authority(endpoint),
      ssl: false,
      // Otherwise the client looks for credentials, and for a metadata server, to find out its universe.
      universeDomain: "googleapis.com",
    }),
    inject(fault) {
      checkMethod(fault, methods);
      return faults.inject(fault);
    },
    faults: () => faults.list(),
    clearFaults: () => faults.clear(),
    reset({ project, database } = {}) {
      databases.clear((path) => {
        const [, ofProject, , id] = path.split("/");
        return (project === undefined || project === ofProject) && (database === undefined || database === id);
      });
      if (project === undefined && database === undefined) faults.clear();
    },
    stop: () => (stopped ??= stopOnce()),
  };
  return emulator;
}

function openLog(dataDir: string, protos: protobuf.Root, fresh = false): CommitLog {
  if (fresh) discardCommitLog(dataDir);
  return openCommitLog(dataDir, protos.lookupType("google.firestore.v1.Document"));
}

function listeningOptions({ host, port, log }: FirestoreEmulatorOptions) {
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(log ? { log } : {}),
  };
}
