import type { EmulatorLog } from "../kernel/emulator-log.ts";
import type { CallFault } from "../kernel/call-faults.ts";
import type { Clock } from "../kernel/clock.ts";
import type { InjectedFault } from "../kernel/fault-set.ts";
import type { ConcurrencyMode } from "./transactions/concurrency.ts";

/** How the emulator is to run; everything has a default. */
export interface FirestoreEmulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: the wall clock. A `VirtualClock` is moved by the test. */
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
  /** Decides where faults with a probability strike. Default 1. */
  readonly faultSeed?: number;
  readonly log?: EmulatorLog;
}

/** Which documents are to go: all, unless narrowed. */
export interface FirestoreResetOptions {
  /** A project's id. */
  readonly project?: string;
  /** A database's id, for example `(default)`. */
  readonly database?: string;
}

/** A running Firestore emulator: point FIRESTORE_EMULATOR_HOST at `host:port`. */
export interface FirestoreEmulator {
  readonly host: string;
  readonly port: number;
  /** How often each RPC was called, by its short name. */
  readonly calls: ReadonlyMap<string, number>;
  /** What the constructor of `Firestore` takes to reach this emulator. `projectId`: default `emulated`. */
  clientOptions(options?: { projectId?: string }): {
    projectId: string;
    host: string;
    ssl: false;
    universeDomain: string;
  };
  /** Asks for a fault from now on. */
  inject(fault: CallFault): InjectedFault;
  /** What was asked for, with how often each has struck. */
  faults(): { readonly fault: CallFault; readonly hits: number }[];
  /** Ends all faults. */
  clearFaults(): void;
  /** Removes the documents of one database, of one project, or of all; whoever has a transaction open there loses it. When all is reset, faults end too. */
  reset(options?: FirestoreResetOptions): void;
  /** Fails the calls that wait or listen, closes every connection and resolves when the port is free; once, however often called. */
  stop(): Promise<void>;
}
