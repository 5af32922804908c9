import fs from "node:fs";
import path from "node:path";
import { type Clock, systemClock } from "../../../shared/clock.ts";
import { type Logger, createLogger } from "../../../shared/log.ts";
import { openJournal } from "../journal.ts";
import { type Endpoint, type EndpointOptions, startEndpoint } from "../rpc/endpoint.ts";
import { loadProtos } from "../rpc/proto.ts";
import type { StoredChange } from "./change.ts";
import { createCourier } from "./delivery.ts";
import { DeliveryPlaces } from "./delivery-places.ts";
import { createTokenMaker } from "./delivery-token.ts";
import { assertPortIsFree } from "./free-port.ts";
import { createHttpSurface } from "./http-surface.ts";
import type { IdleUntil } from "./idle.ts";
import type { RpcContext } from "./rpc-context.ts";
import { createIamHandlers } from "./rpc-iam.ts";
import { createQueueHandlers } from "./rpc-queues.ts";
import { createTaskHandlers } from "./rpc-tasks.ts";
import { Scheduler } from "./scheduler.ts";
import { openSigningKey } from "./signing-key.ts";
import { type ChangeJournal, State } from "./state.ts";

/** How the emulator is to run; everything has a default. */
export interface CloudTasksEmulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: the wall clock. Tokens tell the wall clock's time in any case. */
  readonly clock?: Clock;
  /** Where queues, tasks, names and the signing key are kept across restarts. Default: nowhere. */
  readonly dataDir?: string;
  /** Whether to forget the queues, tasks and names that are kept there; the signing key stays. Default false. */
  readonly fresh?: boolean;
  /** Default: nothing is logged. */
  readonly log?: Logger;
  /** How long a task's name stays taken after it is gone. Default 1 hour; the service says "about an hour" or more. */
  readonly taskNameMs?: number;
  /** How long a deleted queue's name stays taken. Default 7 days. */
  readonly queueNameMs?: number;
  /** Whether 429, 503 and many failures slow a queue down. Default true. */
  readonly slowDown?: boolean;
  /** Whether a worker's Retry-After can lengthen the wait before a retry, up to the queue's maxBackoff. Default true. */
  readonly considerRetryAfter?: boolean;
  /** Whether tasks with tokens must go to https://, as in the cloud. Default false. */
  readonly httpsForTokens?: boolean;
  /** How many deliveries may be under way at once, over all queues. Default 500. */
  readonly maxDeliveries?: number;
  /** How long a stop waits for deliveries under way, by the clock. Default 10 s. */
  readonly stopGraceMs?: number;
}

/** A running emulator of Cloud Tasks v2. */
export interface CloudTasksEmulator {
  readonly host: string;
  readonly port: number;
  /** How often each RPC was called, by its short name. */
  readonly calls: ReadonlyMap<string, number>;
  /**
   * Resolves when all is quiet, for a test that is about to look at what happened, or to show that nothing did.
   *
   * @param options.until how quiet; default `due`.
   * @param options.queue the full name of the only queue to look at; default: all.
   * @param options.timeoutMs by the wall clock; default 10 s.
   * @throws NotIdleError that says which task is still to come, and why; RangeError when there is no such queue.
   */
  waitForIdle(options?: { until?: IdleUntil; queue?: string; timeoutMs?: number }): Promise<void>;
  /** Ends gracefully, once: deliveries under way are awaited for a while; what is then unfinished waits for the next start. */
  stop(): Promise<void>;
}

/** Where queues, tasks and names are kept in the data folder. */
const JOURNAL_FILE = "cloud-tasks.jsonl";

const HOUR_MS = 3_600_000;
const DEFAULT_TASK_NAME_MS = HOUR_MS;
const DEFAULT_QUEUE_NAME_MS = 7 * 24 * HOUR_MS;
const DEFAULT_MAX_DELIVERIES = 500;
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
 * Starts an emulator of Cloud Tasks v2 that delivers to HTTP targets. What it answers to gRPC is what
 * `CloudTasksClient` expects; HTTP/1.1 on the same port has its REST form and the keys to check its tokens with.
 *
 * @throws Error with code EADDRINUSE when the port is taken; BrokenJournalError when the kept state can't be read.
 */
export async function startCloudTasksEmulator(options: CloudTasksEmulatorOptions = {}): Promise<CloudTasksEmulator> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLogger({ service: "cloud-tasks", level: "silent" });
  const at = { host: options.host ?? "127.0.0.1", port: options.port ?? 0 };
  await assertPortIsFree(at);
  const { state, journal } = openState(options, clock);
  const key = openSigningKey(options.dataDir);
  key.catch((error: unknown) => log.error({ err: error }, "there is no key to sign tokens with"));
  const courier = createCourier({ clock, authorize: createTokenMaker(key) });
  const { slowDown = true, considerRetryAfter = true } = options;
  const places = new DeliveryPlaces(options.maxDeliveries ?? DEFAULT_MAX_DELIVERIES);
  const scheduler = new Scheduler({ clock, state, courier, log, slowDown, considerRetryAfter, places });

  const endpoint = await listen(
    { clock, state, scheduler, httpsForTokens: options.httpsForTokens ?? false },
    { ...at, http: createHttpSurface(key), log },
  );
  scheduler.start();

  const stopOnce = async (): Promise<void> => {
    await scheduler.stop(options.stopGraceMs ?? DEFAULT_STOP_GRACE_MS);
    await endpoint.stop();
    courier.close();
    journal?.close();
  };
  let stopped: Promise<void> | undefined;
  const { host, port, calls } = endpoint;
  return {
    host,
    port,
    calls,
    waitForIdle: ({ until = "due", queue, timeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = {}) =>
      scheduler.waitForIdle({ until, queue, timeoutMs }),
    stop: () => (stopped ??= stopOnce()),
  };
}

/** Takes up what an earlier run left, where there is a folder for it. */
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

/** Serves all RPCs of the API. */
function listen(
  context: Omit<RpcContext, "taskType">,
  at: Pick<EndpointOptions, "host" | "port" | "http" | "log">,
): Promise<Endpoint> {
  const protos = loadProtos({ npmPackage: "@google-cloud/tasks" }, PROTO_PACKAGES);
  const withType = { ...context, taskType: protos.lookupType("google.cloud.tasks.v2.Task") };
  const methods = {
    ...createQueueHandlers(withType),
    ...createTaskHandlers(withType),
    ...createIamHandlers(withType),
  };
  const service = protos.lookupService("google.cloud.tasks.v2.CloudTasks");
  return startEndpoint({ ...at, services: [{ service, methods, rest: true }] });
}
