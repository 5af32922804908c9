import { type Clock, type Timer, monotonicMs } from "../../kernel/clock.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import {
  type Ending,
  IDLE_LIMIT_MS,
  LIFE_LIMIT_MS,
  type Transaction,
  endingError,
  looksLikeTransactionId,
  newTransactionId,
} from "./transaction.ts";

/** How long an ended transaction is remembered, so that its retry keeps its age and a late call learns how it ended. */
const REMEMBERED_MS = 300_000;

/** How many ended transactions are remembered. A forgotten one counts as expired. */
const MAX_REMEMBERED = 20_000;

/** The transactions of one database, including those that ended recently. */
export class TransactionRegistry {
  readonly #clock: Clock;
  readonly #active = new Map<string, Transaction>();
  /** In the order in which they ended. */
  readonly #ended = new Map<string, { transaction: Transaction; endedAtMs: number }>();
  readonly #expire: (transaction: Transaction) => void;
  /** Set while a transaction is active. */
  #overdueTimer: Timer | undefined;
  #lastAge = 0;

  /** @param expire ends a transaction that has been idle, or alive, for too long. */
  constructor(clock: Clock, expire: (transaction: Transaction) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  /** The next position in the order of arrival. */
  nextAge(): number {
    this.#lastAge += 1;
    return this.#lastAge;
  }

  /** Begins a transaction. A retry takes over the age of its predecessor, so that it can't starve. */
  begin(mode: Transaction["mode"], retries?: Uint8Array): Transaction {
    const nowMs = monotonicMs(this.#clock);
    const transaction: Transaction = {
      id: newTransactionId(),
      age: (retries && this.#ageOf(retries)) ?? this.nextAge(),
      mode,
      startedAtMs: nowMs,
      lastUsedAtMs: nowMs,
      ending: null,
    };
    this.#active.set(keyOf(transaction.id), transaction);
    this.#overdueTimer ??= this.#clock.setTimer(IDLE_LIMIT_MS, () => this.#endOverdue());
    return transaction;
  }

  /**
   * The active transaction with this id, marked as used now.
   *
   * @throws RpcError ABORTED when it lost its locks, INVALID_ARGUMENT when it ended otherwise or never existed.
   */
  use(id: Uint8Array): Transaction {
    const key = keyOf(id);
    const transaction = this.#active.get(key);
    if (!transaction) throw this.#errorFor(id);
    transaction.lastUsedAtMs = monotonicMs(this.#clock);
    return transaction;
  }

  /**
   * The transaction with this id, or null when it has ended.
   *
   * @throws RpcError INVALID_ARGUMENT when this can't be the id of a transaction.
   */
  find(id: Uint8Array): Transaction | null {
    if (!looksLikeTransactionId(id)) throw invalidTransaction();
    return this.#active.get(keyOf(id)) ?? null;
  }

  end(transaction: Transaction, ending: Ending): void {
    const key = keyOf(transaction.id);
    transaction.ending = ending;
    this.#active.delete(key);
    if (this.#active.size === 0) this.#cancelTimer();
    const nowMs = monotonicMs(this.#clock);
    this.#ended.set(key, { transaction, endedAtMs: nowMs });
    this.#forgetEnded(nowMs);
    if (this.#ended.size > MAX_REMEMBERED) this.#forgetOlderHalf();
  }

  active(): Iterable<Transaction> {
    return this.#active.values();
  }

  /** Ends overdue transactions, and sets a timer for when the next may be. */
  #endOverdue(): void {
    this.#cancelTimer();
    const nowMs = monotonicMs(this.#clock);
    for (const transaction of this.#active.values()) if (overdueMs(transaction) <= nowMs) this.#expire(transaction);
    if (this.#active.size === 0) return;
    const nextMs = Math.min(...[...this.#active.values()].map(overdueMs));
    this.#overdueTimer = this.#clock.setTimer(nextMs - nowMs, () => this.#endOverdue());
  }

  #cancelTimer(): void {
    this.#overdueTimer?.cancel();
    this.#overdueTimer = undefined;
  }

  #forgetEnded(nowMs: number): void {
    for (const [key, { endedAtMs }] of this.#ended) {
      if (nowMs - endedAtMs < REMEMBERED_MS) return;
      this.#ended.delete(key);
    }
  }

  /** Half of them at once, since removing one at a time from the front of a Map is slow. */
  #forgetOlderHalf(): void {
    for (const key of this.#ended.keys()) {
      if (this.#ended.size <= MAX_REMEMBERED / 2) return;
      this.#ended.delete(key);
    }
  }

  #ageOf(id: Uint8Array): number | undefined {
    if (!looksLikeTransactionId(id)) throw invalidTransaction();
    const key = keyOf(id);
    return (this.#active.get(key) ?? this.#endedLately(key))?.age;
  }

  #errorFor(id: Uint8Array): RpcError {
    if (!looksLikeTransactionId(id)) return invalidTransaction();
    return endingError(this.#endedLately(keyOf(id))?.ending ?? "expired");
  }

  #endedLately(key: string): Transaction | undefined {
    const ended = this.#ended.get(key);
    return ended && monotonicMs(this.#clock) - ended.endedAtMs < REMEMBERED_MS ? ended.transaction : undefined;
  }
}

const overdueMs = ({ lastUsedAtMs, startedAtMs }: Transaction): number =>
  Math.min(lastUsedAtMs + IDLE_LIMIT_MS, startedAtMs + LIFE_LIMIT_MS);

const keyOf = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString("latin1");

const invalidTransaction = (): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, "Invalid transaction.");
