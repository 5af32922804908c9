import type { EmulatorLog } from "../kernel/emulator-log.ts";
import type { CallFault } from "../kernel/call-faults.ts";
import type { StreamFault } from "../kernel/stream-faults.ts";
import type { Clock } from "../kernel/clock.ts";
import type { InjectedFault } from "../kernel/fault-set.ts";
import type { ConcurrencyMode } from "./transactions/concurrency.ts";

/** A fault of this emulator. */
export type FirestoreFault = CallFault | StreamFault;

/** Options of the emulator. All have defaults. */
export interface FirestoreEmulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /**
   * Names with a dot that clients call the emulator by, besides `host`. Others are refused, since a web page could have
   * made them lead here. Default none.
   */
  readonly allowHosts?: readonly string[];
  /** Default: the wall clock. A test moves a `VirtualClock` itself. */
  readonly clock?: Clock;
  /**
   * How to resolve conflicts between transactions, in all databases: `pessimistic`, the default, as in Firestore's
   * Standard edition, or `optimistic`, as in its Enterprise edition.
   */
  readonly concurrency?: ConcurrencyMode;
  /** Where to store commits. Default: nowhere. */
  readonly dataDir?: string;
  /** Whether to discard the stored commits. Default false. */
  readonly fresh?: boolean;
  /**
   * Whether to keep every commit that is stored, so that each version of each document can be read from the folder. Starting
   * takes longer then. Default false: from time to time only the latest versions are.
   */
  readonly keepAll?: boolean;
  /** Decides when faults with a probability happen. Default 1. */
  readonly faultSeed?: number;
  readonly log?: EmulatorLog;
}

/** Which documents to remove, by default all. */
export interface FirestoreResetOptions {
  /** A project's id. */
  readonly project?: string;
  /** A database's id, for example `(default)`. */
  readonly database?: string;
}

/** A running Firestore emulator. FIRESTORE_EMULATOR_HOST is `host:port`, with an IPv6 address in brackets. */
export interface FirestoreEmulator {
  readonly host: string;
  readonly port: number;
  /** How often each RPC was called, by its short name such as `Commit`. */
  readonly calls: ReadonlyMap<string, number>;
  /** Options for `Firestore` to reach this emulator. `projectId` defaults to `emulated`. */
  clientOptions(options?: { projectId?: string }): {
    projectId: string;
    host: string;
    ssl: false;
    universeDomain: string;
  };
  /** Adds a fault, from now on. */
  inject(fault: FirestoreFault): InjectedFault;
  /** All faults, with how often each has happened. */
  faults(): { readonly fault: FirestoreFault; readonly hits: number }[];
  /** Removes all faults. */
  clearFaults(): void;
  /**
   * Removes the documents of one database, of one project, or all of them, and ends open transactions there. A reset of
   * everything removes faults, too.
   */
  reset(options?: FirestoreResetOptions): void;
  /** Fails the calls that wait or listen, closes all connections, and resolves when the port is free. Stops once, however often it is called. */
  stop(): Promise<void>;
}
