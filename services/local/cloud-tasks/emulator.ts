import path from "node:path";
import { type Clock, systemClock } from "../../../shared/clock.ts";
import { type Logger, createLogger } from "../../../shared/log.ts";
import { openJournal } from "../journal.ts";
import { startEndpoint } from "../rpc/endpoint.ts";
import { loadProtos } from "../rpc/proto.ts";
import type { StoredChange } from "./change.ts";
import { createCourier } from "./delivery.ts";
import { createTokenMaker } from "./delivery-token.ts";
import { createHttpSurface } from "./http-surface.ts";
import type { RpcContext } from "./rpc-context.ts";
import { createIamHandlers } from "./rpc-iam.ts";
import { createQueueHandlers } from "./rpc-queues.ts";
import { createTaskHandlers } from "./rpc-tasks.ts";
import { Scheduler } from "./scheduler.ts";
import { openSigningKey } from "./signing-key.ts";
import { State } from "./state.ts";

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
  /** How long a stop waits for deliveries under way, by the clock. Default 10 s. */
  readonly stopGraceMs?: number;
}

/** A running emulator of Cloud Tasks v2. */
export interface CloudTasksEmulator {
  readonly host: string;
  readonly port: number;
  /** How often each RPC was called, by its short name. */
  readonly calls: ReadonlyMap<string, number>;
  /** Ends gracefully: deliveries under way are awaited for a while; what is then unfinished waits for the next start. */
  stop(): Promise<void>;
}

/** The name of the file in the data folder that queues, tasks and names are kept in. */
export const JOURNAL_FILE = "cloud-tasks.jsonl";

const HOUR_MS = 3_600_000;
const DEFAULT_TASK_NAME_MS = HOUR_MS;
const DEFAULT_QUEUE_NAME_MS = 7 * 24 * HOUR_MS;
const DEFAULT_STOP_GRACE_MS = 10_000;

const PROTO_PACKAGES = [
  "google.cloud.tasks.v2",
  "google.iam.v1",
  "google.protobuf",
  "google.rpc",
  "google.type",
] as const;

/**
 * Starts an emulator of Cloud Tasks v2 that delivers to HTTP targets. What it answers to gRPC is what
 * `CloudTasksClient` expects; HTTP/1.1 on the same port has the keys to check its tokens with.
 *
 * @throws Error with code EADDRINUSE when the port is taken; BrokenJournalError when the kept state can't be read.
 */
export async function startCloudTasksEmulator(options: CloudTasksEmulatorOptions = {}): Promise<CloudTasksEmulator> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLogger({ service: "cloud-tasks", level: "silent" });
  const journal =
    options.dataDir === undefined ? undefined : openJournal<StoredChange>(path.join(options.dataDir, JOURNAL_FILE));
  const state = new State({
    periods: {
      taskNameMs: options.taskNameMs ?? DEFAULT_TASK_NAME_MS,
      queueNameMs: options.queueNameMs ?? DEFAULT_QUEUE_NAME_MS,
    },
    nowMs: clock.now(),
    ...(journal ? { journal } : {}),
  });
  const key = openSigningKey(options.dataDir);
  key.catch((error: unknown) => log.error({ err: error }, "there is no key to sign tokens with"));
  const courier = createCourier({ clock, authorize: createTokenMaker(key) });
  const scheduler = new Scheduler({
    clock,
    state,
    courier,
    log,
    slowDown: options.slowDown ?? true,
    considerRetryAfter: options.considerRetryAfter ?? true,
  });

  const protos = loadProtos({ npmPackage: "@google-cloud/tasks" }, PROTO_PACKAGES);
  const taskType = protos.lookupType("google.cloud.tasks.v2.Task");
  const context: RpcContext = {
    clock,
    state,
    scheduler,
    taskType,
    httpsForTokens: options.httpsForTokens ?? false,
  };
  const methods = {
    ...createQueueHandlers(context),
    ...createTaskHandlers(context),
    ...createIamHandlers(context),
  };
  const endpoint = await startEndpoint({
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    services: [{ service: protos.lookupService("google.cloud.tasks.v2.CloudTasks"), methods }],
    http: createHttpSurface(key),
    log,
  });
  scheduler.start();

  return {
    host: endpoint.host,
    port: endpoint.port,
    calls: endpoint.calls,
    async stop() {
      await scheduler.stop(options.stopGraceMs ?? DEFAULT_STOP_GRACE_MS);
      await endpoint.stop();
      courier.close();
      journal?.close();
    },
  };
}
