import { setImmediate as nextTurn } from "node:timers/promises";
import { systemClock } from "../kernel/clock.ts";
import { checkMethod, withCallFaults } from "../kernel/call-faults.ts";
import { createControlSurface } from "../control/control-surface.ts";
import { FaultSet } from "../kernel/fault-set.ts";
import { withStreamFaults } from "../kernel/stream-faults.ts";
import { type BoundPort, authority, bindPort } from "../kernel/port.ts";
import { serveEndpoint } from "../rpc/endpoint.ts";
import { loadOnce, loadProtos } from "../rpc/proto.ts";
import { type CommitLog, openCommitLog } from "./store/commit-log.ts";
import { Databases } from "./databases.ts";
import type { FirestoreEmulator, FirestoreEmulatorOptions, FirestoreFault } from "./emulator-options.ts";
import { firestoreCalls, firestoreStreams } from "./firestore-service.ts";
import { httpRoutes } from "./http-routes.ts";

/** Of `google.protobuf`, which also describes protos themselves. */
const WELL_KNOWN = [
  "Any",
  "Duration",
  "Empty",
  "ListValue",
  "NullValue",
  "Struct",
  "Timestamp",
  "Value",
  "DoubleValue",
  "Int32Value",
  "Int64Value",
].map((name) => `google.protobuf.${name}`);
const PROTO_PACKAGES = ["google.firestore.v1", "google.rpc", "google.type", ...WELL_KNOWN];
const SERVICE = "google.firestore.v1.Firestore";

/** For all emulators of a process, since building them is a large part of a start. */
const firestoreProtos = loadOnce(() => loadProtos({ npmPackage: "@google-cloud/firestore-api" }, PROTO_PACKAGES));

/** Well above the limit for commits of 10 MiB, so that larger ones are refused with Firestore's error rather than gRPC's. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PROJECT = "emulated";
const DEFAULT_FAULT_SEED = 1;

/** gRPC writes the failures of calls within this many turns of the event loop; those of streams in the second. */
const FAREWELL_TURNS = 4;

/**
 * Starts a Firestore emulator for Google's own clients over gRPC. It has every call of the data API except Write and
 * ExecutePipeline.
 *
 * @throws Error with code EADDRINUSE when the port is taken; DataFolderError when the data folder can't be used;
 * RangeError when a name in `allowHosts` is invalid.
 */
export async function startFirestoreEmulator(options: FirestoreEmulatorOptions = {}): Promise<FirestoreEmulator> {
  const bound = await bindPort({ host: options.host ?? DEFAULT_HOST, port: options.port ?? 0 });
  let log: CommitLog | undefined;
  try {
    const databases = new Databases(options.clock ?? systemClock, options.concurrency ?? "pessimistic");
    log = await openLog(databases, options);
    return start({ options, databases, log, bound });
  } catch (error) {
    await bound.close();
    await log?.close();
    throw error;
  }
}

interface Starting {
  readonly options: FirestoreEmulatorOptions;
  readonly databases: Databases;
  readonly log: CommitLog | undefined;
  readonly bound: BoundPort;
}

function start({ options, databases, log, bound }: Starting): FirestoreEmulator {
  const clock = options.clock ?? systemClock;
  const methods = firestoreCalls(databases);
  const streams = firestoreStreams(databases);
  const faults = new FaultSet<FirestoreFault>(options.faultSeed ?? DEFAULT_FAULT_SEED);
  const control = createControlSurface(async () => {
    const { createFirestoreControl } = await import("./control.ts");
    return createFirestoreControl(emulator, clock);
  });
  const endpoint = serveEndpoint(bound, {
    ...listeningOptions(options),
    services: [
      {
        name: SERVICE,
        load: () => firestoreProtos().lookupService(SERVICE),
        methods: withCallFaults(methods, faults),
        streams: withStreamFaults(streams, { faults, clock }),
      },
    ],
    http: httpRoutes(databases, control),
    maxRequestBytes: MAX_REQUEST_BYTES,
  });

  const stopOnce = async (): Promise<void> => {
    databases.failWaiting();
    for (let turn = 0; turn < FAREWELL_TURNS; turn++) await nextTurn();
    await endpoint.stop();
    databases.close();
    await log?.close();
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
      checkMethod(fault, fault.kind === "call" ? { ...methods, ...streams } : streams);
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

/** Restores the documents in the data folder, if there is one, and stores every commit there from then on. */
async function openLog(
  databases: Databases,
  { dataDir: folder, fresh = false, keepAll = false, log }: FirestoreEmulatorOptions,
): Promise<CommitLog | undefined> {
  if (folder === undefined) return undefined;
  const commits = await openCommitLog({
    folder,
    documentType: firestoreProtos().lookupType("google.firestore.v1.Document"),
    fresh,
    keepAll,
    restore: (commit) => databases.restore(commit),
    snapshot: () => databases.snapshot(),
    ...(log ? { log } : {}),
  });
  databases.keepIn(commits);
  return commits;
}

function listeningOptions({ host, log, allowHosts = [] }: FirestoreEmulatorOptions) {
  return {
    allowHosts,
    ...(host === undefined ? {} : { host }),
    ...(log ? { log } : {}),
  };
}
