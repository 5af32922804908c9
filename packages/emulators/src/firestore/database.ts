import { type Clock, type Timer, systemClock } from "../kernel/clock.ts";
import { RpcCode, RpcError } from "../rpc/rpc-error.ts";
import type { CommitTimes } from "./store/commit-times.ts";
import { type ClearTheWay, type Concurrency, type ConcurrencyMode, endAll } from "./transactions/concurrency.ts";
import type { StoredDocument } from "./store/document.ts";
import { type Change, DocumentStore } from "./store/document-store.ts";
import { Retention } from "./store/past/retention.ts";
import { OptimisticControl } from "./transactions/optimistic-control.ts";
import { PessimisticControl } from "./transactions/pessimistic-control.ts";
import type { CompiledQuery, QueryResult } from "./query/query.ts";
import { type WriteResult, stageWrites } from "./store/staging.ts";
import { type ReadSet, hasChangedSince } from "./transactions/read-set.ts";
import { LIFE_LIMIT_MS, type Transaction, contentionError } from "./transactions/transaction.ts";
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
  /** What is kept of the past, with other databases. Default: its own. */
  readonly retention?: Retention;
  /** Makes a commit durable. If it throws, the commit is not applied. */
  readonly record: (changes: readonly Change[], time: bigint) => void;
}

/** Google's client gives up on a stream that is silent for 120 s. The service sends something about every 30 s (the client's watch.js). */
const HEARTBEAT_MS = 30_000;

const CONTROLS: Readonly<Record<ConcurrencyMode, new (clock: Clock) => Concurrency>> = {
  pessimistic: PessimisticControl,
  optimistic: OptimisticControl,
};

/** How far back reads of the past go: https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1#batchgetdocumentsrequest */
const READ_TIME_LIMIT_MS = 3_600_000;

/** A read-only transaction may have begun at the oldest time that can be read, and live on from there. */
const REACH_MS = READ_TIME_LIMIT_MS + LIFE_LIMIT_MS;

/** A database: its documents with their past, and its transactions. */
export class Database {
  readonly root: string;
  readonly documents: DocumentStore;
  readonly #times: CommitTimes;
  readonly #retention: Retention;
  readonly #record: DatabaseOptions["record"];
  readonly #concurrency: Concurrency;
  readonly #observers = new Set<Observer>();
  /** Set while there are observers. */
  #heartbeat: Timer | undefined;
  /** The time of the last commit that changed something. */
  #changedAt = 0n;

  constructor({ root, clock, times, concurrency, retention = new Retention(), record }: DatabaseOptions) {
    this.root = root;
    this.documents = new DocumentStore({ root, retention });
    this.#times = times;
    this.#retention = retention;
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

  readQuery(query: CompiledQuery, view: View): Promise<Read<QueryResult>> {
    return this.#read(view, { kind: "query", query }, (at) => query.run(this.documents.inScopeOf(query, at)));
  }

  /** Reads something that no lock protects, such as the ids of collections. */
  readUnlocked<T>(view: View, load: (at: bigint | undefined) => T): Read<T> {
    const at = this.#snapshotOf(view);
    if (at !== undefined && at < this.documents.knownSince) throw snapshotTooOld(view);
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
    this.documents.restore(changes, time);
    this.#times.continueAfter(time);
  }

  /** Removes everything, at a time in microseconds (default: now), and ends open transactions. */
  clear(time = this.#times.forCommit()): void {
    endAll(this.#concurrency, "wounded");
    this.documents.clear(time);
    for (const observer of this.#observers) observer.cleared();
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
    if (!isReadWrite(view)) return this.readUnlocked(view, load);
    return this.#concurrency.read(view.transaction, {
      readSet,
      hasChangedSince: (time) => time < this.#changedAt && hasChangedSince(time, readSet, this.documents),
      load: () => this.readUnlocked(view, load),
    });
  }

  /** The time as of which a view reads. Undefined for the present. */
  #snapshotOf(view: View): bigint | undefined {
    if (view.kind === "latest") return undefined;
    if (view.kind === "past") return view.at;
    const { transaction } = view;
    if (transaction.mode.kind === "read-only") return transaction.mode.snapshot;
    return this.#concurrency.snapshotOf(transaction, () => this.#times.forRead());
  }

  /** Synchronous, so that nobody sees half of a commit. */
  #apply(writes: readonly Write[], clearTheWay: ClearTheWay): { value: Committed } | null {
    const time = this.#times.forCommit();
    const { changes, results } = stageWrites(writes, { read: (name) => this.documents.get(name), commitTime: time });
    if (!clearTheWay(changes)) return null;
    if (changes.length > 0) {
      this.#record(changes, time);
      this.#changedAt = time;
    }
    this.documents.install(changes, time);
    for (const observer of this.#observers) observer.committed(changes);
    this.#retention.trim(this.#microsAgo(REACH_MS));
    return { value: { results, time } };
  }

  #isForgotten(time: bigint): boolean {
    return time < this.#microsAgo(READ_TIME_LIMIT_MS) || time < this.documents.knownSince;
  }

  #microsAgo(ms: number): bigint {
    return this.#times.wallClock() - BigInt(ms) * 1000n;
  }
}

function isReadWrite(view: View): view is Extract<View, { kind: "transaction" }> {
  return view.kind === "transaction" && view.transaction.mode.kind === "read-write";
}

/** A read-write transaction can begin again, so it is aborted. */
function snapshotTooOld(view?: View): RpcError {
  if (view && isReadWrite(view)) return contentionError();
  // The service's words: https://github.com/firebase/functions-samples/issues/890
  return new RpcError(RpcCode.FAILED_PRECONDITION, "The requested snapshot version is too old.");
}

const emulatorStops = (): RpcError => new RpcError(RpcCode.UNAVAILABLE, "The emulator is stopping.");
