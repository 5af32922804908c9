import fs from "node:fs";
import type net from "node:net";
import path from "node:path";
import { type Clock, isMovedByHand, systemClock } from "../kernel/clock.ts";
import { silentLog } from "../kernel/emulator-log.ts";
import { checkMethod, withCallFaults } from "../kernel/call-faults.ts";
import { createControlSurface } from "../control/control-surface.ts";
import { FaultSet } from "../kernel/fault-set.ts";
import { openJournal } from "../kernel/storage/journal.ts";
import type { RpcHandler } from "../rpc/bind-service.ts";
import { serveEndpoint } from "../rpc/endpoint.ts";
import { loadProtos } from "../rpc/proto.ts";
import type { StoredChange } from "./state/change.ts";
import { Deliveries } from "./testing/deliveries.ts";
import { createSender } from "./dispatch/request/delivery.ts";
import { checkDeliveryFault, createFaultySender } from "./testing/delivery-faults.ts";
import { DeliverySlots } from "./dispatch/delivery-slots.ts";
import { createTokenMaker } from "./dispatch/request/delivery-token.ts";
import { clientOptions } from "./client-options.ts";
import type { CloudTasksEmulator, CloudTasksEmulatorOptions, CloudTasksFault } from "./emulator-options.ts";
import { bindPort, closeServer } from "../kernel/port.ts";
import { History } from "./testing/history.ts";
import { createHttpSurface } from "./api/http-surface.ts";
import { type DefinedQueue, defineQueues, readQueueDefinitions } from "./state/queue-definition.ts";
import { reset } from "./testing/reset.ts";
import type { RpcContext } from "./api/rpc-context.ts";
import { createIamHandlers } from "./api/rpc-iam.ts";
import { createQueueHandlers } from "./api/rpc-queues.ts";
import { createTaskHandlers } from "./api/rpc-tasks.ts";
import { Scheduler } from "./dispatch/scheduler.ts";
import { openSigningKey } from "./dispatch/request/signing-key.ts";
import { type ChangeJournal, State } from "./state/state.ts";

/** Queues, tasks and names in the data folder. */
const JOURNAL_FILE = "cloud-tasks.jsonl";

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PROJECT = "emulated";
/** The issuer of Google's tokens. */
const GOOGLE = "https://accounts.google.com";
const DEFAULT_LOCATION = "local";
const HOUR_MS = 3_600_000;
const DEFAULT_TASK_NAME_MS = HOUR_MS;
const DEFAULT_QUEUE_NAME_MS = 7 * 24 * HOUR_MS;
const DEFAULT_MAX_DELIVERIES = 500;
const DEFAULT_HISTORY_ATTEMPTS = 10_000;
const DEFAULT_FAULT_SEED = 1;
const DEFAULT_STOP_GRACE_MS = 10_000;
const DEFAULT_IDLE_TIMEOUT_MS = 10_000;

const PROTO_PACKAGES = [
  "google.cloud.tasks.v2",
  "google.iam.v1",
  "google.protobuf",
  "google.rpc",
  "google.type",
] as const;

/**
 * Starts an emulator of Cloud Tasks v2 that delivers to HTTP targets. It serves gRPC for `CloudTasksClient`, and on the
 * same port REST and the public keys of its tokens over HTTP/1.1.
 *
 * @throws Error with code EADDRINUSE when the port is taken; BrokenJournalError when the stored state can't be read;
 * QueueDefinitionError when the definition of a queue is invalid.
 */
export async function startCloudTasksEmulator(options: CloudTasksEmulatorOptions = {}): Promise<CloudTasksEmulator> {
  const { host = DEFAULT_HOST, port = 0, project = DEFAULT_PROJECT, location = DEFAULT_LOCATION } = options;
  const queues = readQueueDefinitions(options.queues ?? [], `projects/${project}/locations/${location}`);
  const listener = await bindPort({ host, port });
  try {
    return serve(listener, { ...options, host }, queues);
  } catch (error) {
    await closeServer(listener);
    throw error;
  }
}

/** Starts the emulator on a port that was just bound, and within this turn of the event loop, so before anybody calls. */
function serve(
  listener: net.Server,
  options: CloudTasksEmulatorOptions,
  queues: readonly DefinedQueue[],
): CloudTasksEmulator {
  const { host = DEFAULT_HOST, httpsForTokens = false } = options;
  const core = assemble(options);
  const { journal, scheduler, history, faults, sender, log, key } = core;

  const protos = loadProtos({ npmPackage: "@google-cloud/tasks" }, PROTO_PACKAGES);
  const methods = createMethods({ ...core, httpsForTokens, taskType: protos.lookupType("google.cloud.tasks.v2.Task") });
  const service = protos.lookupService("google.cloud.tasks.v2.CloudTasks");
  const control = createControlSurface(async () => {
    const { createTasksControl } = await import("./testing/control.ts");
    return createTasksControl(emulator, core.clock);
  });
  const endpoint = serveEndpoint(listener, {
    host,
    services: [{ service, methods: withCallFaults(methods, faults), rest: true }],
    http: createHttpSurface({ key, issuer: core.issuer }, control),
    log,
  });
  scheduler.start();
  defineQueues(queues, core);

  const stopOnce = async (): Promise<void> => {
    // A stop must not wait for a clock that nobody moves.
    const graceMs = isMovedByHand(core.clock) ? 0 : DEFAULT_STOP_GRACE_MS;
    await scheduler.stop({ graceMs: options.stopGraceMs ?? graceMs });
    await endpoint.stop();
    sender.close();
    journal?.close();
  };
  let stopped: Promise<void> | undefined;
  const { port, calls } = endpoint;
  const emulator: CloudTasksEmulator = {
    host,
    port,
    calls,
    clientOptions: () => clientOptions(endpoint),
    waitForIdle: ({ until = "due", queue, project: only, timeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = {}) =>
      scheduler.waitForIdle({ until, queue, project: only, timeoutMs }),
    history: (selector = {}) => history.list(selector),
    inject(fault) {
      if (fault.kind === "call") checkMethod(fault, methods);
      else checkDeliveryFault(fault);
      return faults.inject(fault);
    },
    faults: () => faults.list(),
    clearFaults: () => faults.clear(),
    async reset(what = {}) {
      await reset(what, core);
      if (what.queue === undefined) defineQueues(queues, core);
      if (what.queue === undefined && what.project === undefined) faults.clear();
    },
    stop: () => (stopped ??= stopOnce()),
  };
  return emulator;
}

/** The emulator's parts, except those that listen. */
function assemble(options: CloudTasksEmulatorOptions) {
  const { clock = systemClock, slowDown = true, considerRetryAfter = true, oidcIssuer: issuer = GOOGLE } = options;
  const log = options.log ?? silentLog;
  const { state, journal } = openState(options, clock);
  const key = openSigningKey(options.dataDir);
  key.catch((error: unknown) => log.error({ err: error }, "no key to sign tokens with"));

  const history = new History(options.historyAttempts ?? DEFAULT_HISTORY_ATTEMPTS);
  const faults = new FaultSet<CloudTasksFault>(options.faultSeed ?? DEFAULT_FAULT_SEED);
  const deliveries = new Deliveries({ clock, log, changed: () => scheduler.changed() });
  const plainSender = createSender({ clock, authorize: createTokenMaker({ key, issuer }) });
  const sender = createFaultySender({ sender: plainSender, faults, clock, deliveries, history });
  const slots = new DeliverySlots(options.maxDeliveries ?? DEFAULT_MAX_DELIVERIES);
  const limits = { slots, slowDown, considerRetryAfter };
  const scheduler: Scheduler = new Scheduler(Object.assign(limits, { clock, log, state, history, deliveries, sender }));
  return { clock, log, state, journal, key, issuer, history, faults, deliveries, sender, scheduler };
}

/** Restores the state from the data folder, if there is one. */
function openState(
  options: CloudTasksEmulatorOptions,
  clock: Clock,
): { state: State; journal: ChangeJournal | undefined } {
  const { dataDir, taskNameMs = DEFAULT_TASK_NAME_MS, queueNameMs = DEFAULT_QUEUE_NAME_MS } = options;
  const file = dataDir === undefined ? undefined : path.join(dataDir, JOURNAL_FILE);
  if (file !== undefined && options.fresh === true) fs.rmSync(file, { force: true });
  const journal = file === undefined ? undefined : openJournal<StoredChange>(file);
  const periods = { taskNameMs, queueNameMs };
  const state = new State({ periods, nowMs: clock.now(), ...(journal ? { journal } : {}) });
  return { state, journal };
}

function createMethods(context: RpcContext): Readonly<Record<string, RpcHandler>> {
  return { ...createQueueHandlers(context), ...createTaskHandlers(context), ...createIamHandlers(context) };
}
