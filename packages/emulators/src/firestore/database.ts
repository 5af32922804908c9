import { type Clock, type Timer, monotonicMs, systemClock } from "../kernel/clock.ts";
import { RpcCode, RpcError } from "../rpc/rpc-error.ts";
import type { CommitTimes } from "./store/commit-times.ts";
import {
  type ClearTheWay,
  type Concurrency,
  type ConcurrencyMode,
  type ReadSet,
  endAll,
} from "./transactions/concurrency.ts";
import type { StoredDocument } from "./store/document.ts";
import { type Change, DocumentStore } from "./store/document-store.ts";
import { OptimisticControl } from "./transactions/optimistic-control.ts";
import { PessimisticControl } from "./transactions/pessimistic-control.ts";
import type { CompiledQuery } from "./query/query.ts";
import { type WriteResult, stageWrites } from "./store/staging.ts";
import { LIFE_LIMIT_MS, type Transaction } from "./transactions/transaction.ts";
import type { Write } from "./store/write.ts";

/** Which state a call reads. Times are in microseconds. */
export type View =
  | { readonly kind: "latest" }
  | { readonly kind: "past"; readonly at: bigint }
  | { readonly kind: "transaction"; readonly transaction: Transaction };

/** A result, and the read time for which it holds. */
export interface Read<T> {
  readonly value: T;
  readonly readTime: bigint;
}

export interface Committed {
  readonly results: readonly WriteResult[];
  readonly time: bigint;
}

/** Observes the documents of a database. It must not throw. */
export interface Observer {
  committed(changes: readonly Change[]): void;
  /** All documents were removed, along with their past. */
  cleared(): void;
  /** It is time for a keep-alive. */
  ticked(): void;
  /** The emulator is stopping. */
  stopping(error: Error): void;
}

export interface DatabaseOptions {
  /** The path above its top-level collections, `projects/P/databases/D/documents`. */
  readonly root: string;
  readonly clock: Clock;
  readonly times: CommitTimes;
  readonly concurrency: ConcurrencyMode;
  /** Makes a commit durable. If it throws, the commit is not applied. */
  readonly record: (changes: readonly Change[], time: bigint) => void;
}

/** How often to look for versions that nobody can read any more, at most. */
const FORGET_INTERVAL_MS = 1_000;

/** Google's client gives up on a stream that is silent for 120 s. The service sends something about every 30 s (the client's watch.js). */
const HEARTBEAT_MS = 30_000;

const CONTROLS: Readonly<Record<ConcurrencyMode, new (clock: Clock) => Concurrency>> = {
  pessimistic: PessimisticControl,
  optimistic: OptimisticControl,
};

/** How far back reads of the past go: https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1#batchgetdocumentsrequest */
const READ_TIME_LIMIT_MS = 3_600_000;

/** Under a long load, an hour of the past would fill the memory. Beyond this many versions only minutes are kept. */
const MAX_PAST_VERSIONS = 200_000;

/** A database: its documents with their past, and its transactions. */
export class Database {
  readonly root: string;
  readonly documents: DocumentStore;
  readonly #clock: Clock;
  readonly #times: CommitTimes;
  #forgotAtMs: number;
  readonly #record: DatabaseOptions["record"];
  readonly #concurrency: Concurrency;
  readonly #observers = new Set<Observer>();
  /** Set while there are observers. */
  #heartbeat: Timer | undefined;
  /** The past before this time, in microseconds, is unknown: it was cleared, or was before a restart. */
  #knownSince = 0n;

  constructor({ root, clock, times, concurrency, record }: DatabaseOptions) {
    this.root = root;
    this.#clock = clock;
    this.#forgotAtMs = monotonicMs(clock);
    this.documents = new DocumentStore(root);
    this.#times = times;
    this.#record = record;
    this.#concurrency = new CONTROLS[concurrency](clock);
  }

  beginReadWrite(retries?: Uint8Array): Transaction {
    return this.#concurrency.transactions.begin({ kind: "read-write" }, retries);
  }

  beginReadOnly(readTime?: bigint): Transaction {
    const snapshot = readTime === undefined ? this.#times.forRead() : this.checkReadTime(readTime);
    return this.#concurrency.transactions.begin({ kind: "read-only", snapshot });
  }

  /** An active transaction, by its id; see `TransactionRegistry.use`. */
  useTransaction(id: Uint8Array): Transaction {
    return this.#concurrency.transactions.use(id);
  }

  /** Ends a transaction without writes. Does nothing if it has ended. */
  rollback(id: Uint8Array): void {
    const transaction = this.#concurrency.transactions.find(id);
    if (transaction) this.#concurrency.end(transaction, "finished");
  }

  /**
   * Returns the time if the state at that time can be read.
   *
   * @throws RpcError INVALID_ARGUMENT for the future, FAILED_PRECONDITION for more than an hour ago or an unknown past.
   */
  checkReadTime(time: bigint): bigint {
    if (time > this.#times.forRead()) {
      throw new RpcError(RpcCode.INVALID_ARGUMENT, "The requested 'read_time' cannot be in the future.");
    }
    if (this.#isForgotten(time)) throw snapshotTooOld();
    return time;
  }

  /** Whether the state at a time can be read: not in the future, not more than an hour ago, and known. */
  canReadAt(time: bigint): boolean {
    return time <= this.#times.forRead() && !this.#isForgotten(time);
  }

  /** Adds an observer. The returned function removes it. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    this.#heartbeat ??= this.#beatLater();
    return () => {
      this.#observers.delete(observer);
      if (this.#observers.size === 0) this.#endHeartbeat();
    };
  }

  /** By the wall clock rather than the emulator's, as clients wait for a keep-alive by theirs. */
  #beatLater(): Timer {
    return systemClock.setTimer(HEARTBEAT_MS, () => {
      this.#heartbeat = this.#beatLater();
      for (const observer of this.#observers) observer.ticked();
    });
  }

  #endHeartbeat(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
  }

  readDocuments(names: readonly string[], view: View): Promise<Read<(StoredDocument | null)[]>> {
    return this.#read(view, { kind: "documents", names }, (at) => names.map((name) => this.documents.get(name, at)));
  }

  readQuery(query: CompiledQuery, view: View): Promise<Read<StoredDocument[]>> {
    return this.#read(view, { kind: "query", query }, (at) => query.run(this.documents.inScopeOf(query, at)));
  }

  /** Reads something that no lock protects, such as the ids of collections. */
  readUnlocked<T>(view: View, load: (at: bigint | undefined) => T): Read<T> {
    const at = snapshotOf(view);
    if (at !== undefined && at < this.#knownSince) throw snapshotTooOld();
    return { value: load(at), readTime: at ?? this.#times.forRead() };
  }

  /**
   * Applies all writes or none, and ends the transaction.
   *
   * @throws RpcError when the writes can't be applied (see `stageWrites`), or ABORTED when the transaction lost its locks
   * or waited too long for those of others.
   */
  async commit(writes: readonly Write[], transaction: Transaction | null): Promise<Committed> {
    if (transaction?.mode.kind === "read-only" && writes.length > 0) {
      throw new RpcError(RpcCode.INVALID_ARGUMENT, "Cannot modify entities in a read-only transaction.");
    }
    const names = new Set(writes.map((write) => write.name));
    return this.#concurrency.commit({ transaction, names, apply: (clearTheWay) => this.#apply(writes, clearTheWay) });
  }

  /** Restores a commit of an earlier run. */
  restore(changes: readonly Change[], time: bigint): void {
    this.documents.install(changes, time);
    this.#times.continueAfter(time);
    this.#knownSince = time;
  }

  /** Removes everything, at a time in microseconds (default: now), and ends open transactions. */
  clear(time = this.#times.forCommit()): void {
    endAll(this.#concurrency, "wounded");
    this.documents.clear();
    this.#knownSince = time;
    for (const observer of this.#observers) observer.cleared();
  }

  /** Forgets versions that nobody can read any more. */
  #forgetPast(): void {
    const nowMs = monotonicMs(this.#clock);
    if (nowMs - this.#forgotAtMs < FORGET_INTERVAL_MS) return;
    this.#forgotAtMs = nowMs;
    // A read-only transaction may have begun at the oldest time that can be read, and live on from there.
    const reachMs = READ_TIME_LIMIT_MS + LIFE_LIMIT_MS;
    this.#forgetBefore(this.#microsAgo(this.documents.pastVersions > MAX_PAST_VERSIONS ? LIFE_LIMIT_MS : reachMs));
  }

  /** Fails every call that waits for a lock or listens, because the emulator is stopping. */
  failWaiting(): void {
    this.#concurrency.failWaiting(emulatorStops);
    for (const observer of this.#observers) observer.stopping(emulatorStops());
  }

  /** Ends all transactions, and with them all timers. */
  close(): void {
    this.#endHeartbeat();
    endAll(this.#concurrency, "finished");
  }

  async #read<T>(view: View, readSet: ReadSet, load: (at: bigint | undefined) => T): Promise<Read<T>> {
    if (view.kind === "transaction" && view.transaction.mode.kind === "read-write") {
      return this.#concurrency.read(view.transaction, readSet, () => this.readUnlocked({ kind: "latest" }, load));
    }
    return this.readUnlocked(view, load);
  }

  /** Synchronous, so that nobody sees half of a commit. */
  #apply(writes: readonly Write[], clearTheWay: ClearTheWay): { value: Committed } | null {
    const time = this.#times.forCommit();
    const { changes, results } = stageWrites(writes, { read: (name) => this.documents.get(name), commitTime: time });
    if (!clearTheWay(changes)) return null;
    if (changes.length > 0) this.#record(changes, time);
    this.documents.install(changes, time);
    for (const observer of this.#observers) observer.committed(changes);
    this.#forgetPast();
    return { value: { results, time } };
  }

  #forgetBefore(horizon: bigint): void {
    if (horizon > this.#knownSince) this.#knownSince = horizon;
    this.documents.forgetBefore(horizon);
  }

  #isForgotten(time: bigint): boolean {
    return time < this.#microsAgo(READ_TIME_LIMIT_MS) || time < this.#knownSince;
  }

  #microsAgo(ms: number): bigint {
    return this.#times.wallClock() - BigInt(ms) * 1000n;
  }
}

function snapshotOf(view: View): bigint | undefined {
  switch (view.kind) {
    case "latest":
      return undefined;
    case "past":
      return view.at;
    case "transaction":
      return view.transaction.mode.kind === "read-only" ? view.transaction.mode.snapshot : undefined;
  }
}

const snapshotTooOld = (): RpcError =>
  new RpcError(RpcCode.FAILED_PRECONDITION, "The requested snapshot version is too old.");

const emulatorStops = (): RpcError => new RpcError(RpcCode.UNAVAILABLE, "The emulator is stopping.");
