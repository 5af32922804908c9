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

/** Options of the emulator. All have defaults. */
export interface CloudTasksEmulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /**
   * Names with a dot that clients call the emulator by, besides `host`. Others are refused, since a web page could have
   * made them lead here. Default none.
   */
  readonly allowHosts?: readonly string[];
  /** Default: the wall clock. A test moves a `VirtualClock` itself. The times in tokens always follow the wall clock. */
  readonly clock?: Clock;
  /** Queues to create. Those that exist in the data folder get these settings. Default: none. */
  readonly queues?: readonly QueueDefinition[];
  /** The project and the location of queues that are named by their id. Default `emulated` and `local`. */
  readonly project?: string;
  readonly location?: string;
  /** Where to store queues, tasks, names and the signing key. Default: nowhere. */
  readonly dataDir?: string;
  /** Whether to discard the stored queues, tasks and names. The signing key stays. Default false. */
  readonly fresh?: boolean;
  /** Default: none. */
  readonly log?: EmulatorLog;
  /** Decides when faults with a probability happen. Default 1. */
  readonly faultSeed?: number;
  /** How many attempts the history keeps. Default 10,000. */
  readonly historyAttempts?: number;
  /** How long the name of a gone task stays reserved. Default 1 hour; the service documents "about an hour" or more. */
  readonly taskNameMs?: number;
  /** How long the name of a deleted queue stays reserved. Default 7 days. */
  readonly queueNameMs?: number;
  /** Whether 429, 503 and many failures slow a queue down. Default true. */
  readonly slowDown?: boolean;
  /** Whether a worker's Retry-After can delay a retry, up to the queue's maxBackoff. Default true. */
  readonly considerRetryAfter?: boolean;
  /** The issuer of OIDC tokens, for workers that find its keys by its URL. Default: Google's. */
  readonly oidcIssuer?: string;
  /** Whether tasks with tokens must have an https:// target, as in the service. Default false. */
  readonly httpsForTokens?: boolean;
  /** How many deliveries may be in progress at once, over all queues. Default 500. */
  readonly maxDeliveries?: number;
  /** How long a stop waits for deliveries in progress, by the clock. Default 10 s; 0 with a virtual clock. */
  readonly stopGraceMs?: number;
}

/** A fault to inject. */
export type CloudTasksFault = DeliveryFault | CallFault;

/** A running emulator of Cloud Tasks v2. */
export interface CloudTasksEmulator extends ServedCloudTasks {
  /** Options for `CloudTasksClient` to reach this emulator over gRPC. */
  clientOptions(): CloudTasksClientOptions;
}

/** What a running emulator has for everybody, whatever client they use. */
export interface ServedCloudTasks {
  readonly host: string;
  readonly port: number;
  /** How often each RPC was called, by its short name such as `CreateTask`. */
  readonly calls: ReadonlyMap<string, number>;
  /**
   * Resolves when the queues are idle, for a test that is about to check what happened, or that nothing did.
   *
   * @param options.until how idle; default `due`.
   * @param options.queue the full name of one queue to wait for, or `project` the id of one project; default: all.
   * @param options.timeoutMs by the wall clock; default 10 s.
   * @throws NotIdleError that says which task it was waiting for, and why; RangeError when the queue doesn't exist.
   */
  waitForIdle(options?: { until?: IdleUntil; queue?: string; project?: string; timeoutMs?: number }): Promise<void>;
  /** The most recent attempts, oldest first, including those in progress. */
  history(selector?: AttemptSelector): AttemptRecord[];
  /** Adds a fault, from now on. */
  inject(fault: CloudTasksFault): InjectedFault;
  /** All faults, with how often each has happened. */
  faults(): { readonly fault: CloudTasksFault; readonly hits: number }[];
  /** Removes all faults. */
  clearFaults(): void;
  /**
   * Removes tasks, reserved names and history of one queue, of one project, or of everything. For a project and for
   * everything it also removes the queues, then creates those of the options again. A reset of everything removes
   * faults, too.
   *
   * @throws RangeError when the queue doesn't exist.
   */
  reset(options?: ResetOptions): Promise<void>;
  /** Stops the emulator once, however often it is called. Deliveries still in progress after `stopGraceMs` are aborted. */
  stop(): Promise<void>;
}
