import path from "node:path";
import { isMovedByHand, systemClock } from "../kernel/clock.ts";
import { silentLog } from "../kernel/emulator-log.ts";
import { checkMethod, withCallFaults } from "../kernel/call-faults.ts";
import { createControlSurface } from "../control/control-surface.ts";
import { FaultSet } from "../kernel/fault-set.ts";
import { type Journal, openJournal } from "../kernel/journal/journal.ts";
import { serveEndpoint } from "../rpc/endpoint.ts";
import type { StoredChange } from "./state/change.ts";
import { Deliveries } from "./testing/deliveries.ts";
import { createSender } from "./dispatch/request/delivery.ts";
import { checkDeliveryFault, createFaultySender } from "./testing/delivery-faults.ts";
import { DeliverySlots } from "./dispatch/delivery-slots.ts";
import { createTokenMaker } from "./dispatch/request/delivery-token.ts";
import type { CloudTasksEmulatorOptions, CloudTasksFault, ServedCloudTasks } from "./emulator-options.ts";
import { type BoundPort, bindPort } from "../kernel/port.ts";
import { History } from "./testing/history.ts";
import { createBufferSurface } from "./api/batches/buffer-surface.ts";
import { createServices } from "./api/services.ts";
import { createHttpSurface } from "./api/http-surface.ts";
import { type DefinedQueue, defineQueues, readQueueDefinitions, storeQueues } from "./state/queue-definition.ts";
import { reset } from "./testing/reset.ts";
import { Scheduler } from "./dispatch/scheduler.ts";
import { openSigningKey } from "./dispatch/request/signing-key.ts";
import { State } from "./state/state.ts";

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

/**
 * Starts an emulator of Cloud Tasks that delivers to HTTP targets, without options for clients in its own process. It
 * serves gRPC for `CloudTasksClient`, and on the same port REST and the public keys of its tokens over HTTP/1.1. Besides
 * v2 there are v2beta3 and, for push queues, v2beta2.
 *
 * @throws Error with code EADDRINUSE when the port is taken; DataFolderError when the data folder can't be used;
 * QueueDefinitionError when the definition of a queue is invalid; NotStoredError when a queue couldn't be stored;
 * RangeError when a name in `allowHosts` is invalid.
 */
export async function startServing(options: CloudTasksEmulatorOptions = {}): Promise<ServedCloudTasks> {
  const { host = DEFAULT_HOST, port = 0, project = DEFAULT_PROJECT, location = DEFAULT_LOCATION } = options;
  const queues = readQueueDefinitions(options.queues ?? [], `projects/${project}/locations/${location}`);
  const bound = await bindPort({ host, port });
  let storage: Storage | undefined;
  try {
    storage = await openState(options);
    const core = assemble(options, storage);
    storeQueues(queues, core);
    return start({ options: { ...options, host }, core, queues, bound });
  } catch (error) {
    await bound.close();
    await storage?.journal?.close();
    throw error;
  }
}

interface Starting {
  readonly options: CloudTasksEmulatorOptions;
  readonly core: Core;
  readonly queues: readonly DefinedQueue[];
  readonly bound: BoundPort;
}

function start({ options, core, queues, bound }: Starting): ServedCloudTasks {
  const { journal, scheduler, history, faults, sender, log, key, issuer } = core;
  const { host = DEFAULT_HOST, httpsForTokens = false, allowHosts = [], location = DEFAULT_LOCATION } = options;
  const services = createServices({ ...core, httpsForTokens, location });
  const control = createControlSurface(async () => {
    const { createTasksControl } = await import("./testing/control.ts");
    return createTasksControl(emulator, core.clock);
  });
  const endpoint = serveEndpoint(bound, {
    host,
    allowHosts,
    services: services.endpointServices((methods) => withCallFaults(methods, faults)),
    surface: (calls) => createBufferSurface(services.buffers, calls),
    http: createHttpSurface({ key, issuer }, control),
    log,
  });
  const stopOnce = async (): Promise<void> => {
    // A stop must not wait for a clock that nobody moves.
    const graceMs = isMovedByHand(core.clock) ? 0 : DEFAULT_STOP_GRACE_MS;
    await scheduler.stop({ graceMs: options.stopGraceMs ?? graceMs });
    await endpoint.stop();
    sender.close();
    await journal?.close();
  };
  let stopped: Promise<void> | undefined;
  const { port, calls } = endpoint;
  const emulator: ServedCloudTasks = {
    host,
    port,
    calls,
    waitForIdle: ({ until = "due", queue, project: only, timeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = {}) =>
      scheduler.waitForIdle({ until, queue, project: only, timeoutMs }),
    history: (selector = {}) => history.list(selector),
    inject(fault) {
      if (fault.kind === "call") checkMethod(fault, services.methods);
      else checkDeliveryFault(fault);
      return faults.inject(fault);
    },
    faults: () => faults.list(),
    clearFaults: () => faults.clear(),
    async reset(what = {}) {
      await reset(what, core);
      if (what.queue === undefined) {
        services.operations.forget(what.project);
        defineQueues(queues, core);
      }
      if (what.queue === undefined && what.project === undefined) faults.clear();
    },
    stop: () => (stopped ??= stopOnce()),
  };
  scheduler.start();
  return emulator;
}

type Core = ReturnType<typeof assemble>;

/** The emulator's parts, except those that listen. */
function assemble(options: CloudTasksEmulatorOptions, { state, journal }: Storage) {
  const { clock = systemClock, slowDown = true, considerRetryAfter = true, oidcIssuer: issuer = GOOGLE } = options;
  const log = options.log ?? silentLog;
  const key = openSigningKey(options.dataDir, log);

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

interface Storage {
  readonly state: State;
  readonly journal: Journal<StoredChange> | undefined;
}

/** Restores the state from the data folder, if there is one, and stores it there from then on. */
async function openState(options: CloudTasksEmulatorOptions): Promise<Storage> {
  const { dataDir, taskNameMs = DEFAULT_TASK_NAME_MS, queueNameMs = DEFAULT_QUEUE_NAME_MS } = options;
  const { clock = systemClock, fresh = false, log = silentLog } = options;
  const state = new State({ taskNameMs, queueNameMs });
  if (dataDir === undefined) return { state, journal: undefined };
  const journal = await openJournal<StoredChange>({
    path: path.join(dataDir, JOURNAL_FILE),
    fresh,
    restore: (change) => state.restore(change),
    snapshot: () => state.snapshot(),
    log,
  });
  state.forgetNamesUntil(clock.now());
  state.keepIn(journal);
  return { state, journal };
}
