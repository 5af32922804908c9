import type { EmulatorLog } from "../kernel/emulator-log.ts";
import type { CallFault } from "../kernel/call-faults.ts";
import type { Clock } from "../kernel/clock.ts";
import type { InjectedFault } from "../kernel/fault-set.ts";
import type { CloudTasksClientOptions } from "./client-options.ts";
import type { DeliveryFault } from "./testing/delivery-faults.ts";
import type { AttemptRecord, AttemptSelector } from "./testing/history.ts";
import type { IdleUntil } from "./testing/idle.ts";
import type { QueueDefinition } from "./state/queue-definition.ts";
import type { ResetOptions } from "./testing/reset.ts";

/** How the emulator is to run; everything has a default. */
export interface CloudTasksEmulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: the wall clock. A `VirtualClock` is moved by the test. Tokens tell the wall clock's time in any case. */
  readonly clock?: Clock;
  /** Queues to begin with; those that are kept in the data folder get these settings. Default: none. */
  readonly queues?: readonly QueueDefinition[];
  /** Where queues are that are named by their id alone. Default `emulated` and `local`. */
  readonly project?: string;
  readonly location?: string;
  /** Where queues, tasks, names and the signing key are kept across restarts. Default: nowhere. */
  readonly dataDir?: string;
  /** Whether to forget the queues, tasks and names that are kept there; the signing key stays. Default false. */
  readonly fresh?: boolean;
  /** Default: nothing is logged. */
  readonly log?: EmulatorLog;
  /** Decides where faults with a probability strike. Default 1. */
  readonly faultSeed?: number;
  /** How many attempts the history keeps, the latest ones. Default 10,000. */
  readonly historyAttempts?: number;
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
  /** How long a stop waits for deliveries under way, by the clock. Default 10 s; 0 with a clock that is moved by hand. */
  readonly stopGraceMs?: number;
}

/** A fault that the emulator can be asked for. */
export type CloudTasksFault = DeliveryFault | CallFault;

/** A running emulator of Cloud Tasks v2. */
export interface CloudTasksEmulator {
  readonly host: string;
  readonly port: number;
  /** How often each RPC was called, by its short name. */
  readonly calls: ReadonlyMap<string, number>;
  /** What the constructor of `CloudTasksClient` takes to reach this emulator, over gRPC. */
  clientOptions(): CloudTasksClientOptions;
  /**
   * Resolves when all is quiet, for a test that is about to look at what happened, or to show that nothing did.
   *
   * @param options.until how quiet; default `due`.
   * @param options.queue the full name of the only queue to look at, or `project` the id of the only project; default: all.
   * @param options.timeoutMs by the wall clock; default 10 s.
   * @throws NotIdleError that says which task is still to come, and why; RangeError when there is no such queue.
   */
  waitForIdle(options?: { until?: IdleUntil; queue?: string; project?: string; timeoutMs?: number }): Promise<void>;
  /** The attempts of the recent past, oldest first, those under way among them. */
  history(selector?: AttemptSelector): AttemptRecord[];
  /** Asks for a fault from now on. */
  inject(fault: CloudTasksFault): InjectedFault;
  /** What was asked for, with how often each has struck. */
  faults(): { readonly fault: CloudTasksFault; readonly hits: number }[];
  /** Ends all faults. */
  clearFaults(): void;
  /**
   * Forgets tasks, taken names and history, of one queue, of one project with its queues, or of all. Then, or without
   * a queue, the queues to begin with are there again. When all is reset, faults end too.
   *
   * @throws RangeError when there is no such queue.
   */
  reset(options?: ResetOptions): Promise<void>;
  /** Ends gracefully, once: deliveries under way are awaited for a while; what is then unfinished waits for the next start. */
  stop(): Promise<void>;
}
