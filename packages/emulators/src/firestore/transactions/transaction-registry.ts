import { type Clock, type Timer, monotonicMs } from "../../kernel/clock.ts";
import { DueHeap, type HeapItem } from "../../kernel/due-heap.ts";
import { Fifo } from "../../kernel/fifo.ts";
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

/** An active transaction. It is due when it would have been overdue as of the last look. */
interface Active extends HeapItem {
  readonly transaction: Transaction;
}

interface Ended {
  readonly key: string;
  readonly transaction: Transaction;
  readonly endedAtMs: number;
}

/** The transactions of one database, including those that ended recently. */
export class TransactionRegistry {
  readonly #clock: Clock;
  readonly #active = new Map<string, Active>();
  readonly #overdueFirst = new DueHeap<Active>();
  readonly #ended = new Map<string, Ended>();
  readonly #endedInOrder = new Fifo<Ended>();
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
    const active = { transaction, dueMs: overdueMs(transaction), order: transaction.age, heapIndex: -1 };
    this.#active.set(keyOf(transaction.id), active);
    this.#overdueFirst.add(active);
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
    const transaction = this.#active.get(key)?.transaction;
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
    return this.#active.get(keyOf(id))?.transaction ?? null;
  }

  end(transaction: Transaction, ending: Ending): void {
    const key = keyOf(transaction.id);
    transaction.ending = ending;
    const active = this.#active.get(key);
    if (active) this.#overdueFirst.remove(active);
    this.#active.delete(key);
    if (this.#active.size === 0) this.#cancelTimer();
    const ended = { key, transaction, endedAtMs: monotonicMs(this.#clock) };
    this.#ended.set(key, ended);
    this.#endedInOrder.push(ended);
    this.#forgetEnded(ended.endedAtMs);
    if (this.#ended.size > MAX_REMEMBERED) this.#forgetOlderHalf();
  }

  *active(): Generator<Transaction> {
    for (const { transaction } of this.#active.values()) yield transaction;
  }

  /** Ends overdue transactions, and sets a timer for when the next may be. */
  #endOverdue(): void {
    this.#cancelTimer();
    const nowMs = monotonicMs(this.#clock);
    for (let next = this.#overdueFirst.peek(); next; next = this.#overdueFirst.peek()) {
      if (next.dueMs > nowMs) {
        this.#overdueTimer = this.#clock.setTimer(next.dueMs - nowMs, () => this.#endOverdue());
        return;
      }
      this.#overdueFirst.remove(next);
      next.dueMs = overdueMs(next.transaction);
      if (next.dueMs <= nowMs) this.#expire(next.transaction);
      else this.#overdueFirst.add(next);
    }
  }

  #cancelTimer(): void {
    this.#overdueTimer?.cancel();
    this.#overdueTimer = undefined;
  }

  #forgetEnded(nowMs: number): void {
    for (let oldest = this.#endedInOrder.peek(); oldest; oldest = this.#endedInOrder.peek()) {
      if (nowMs - oldest.endedAtMs < REMEMBERED_MS) return;
      this.#forgetOldest();
    }
  }

  #forgetOlderHalf(): void {
    while (this.#ended.size > MAX_REMEMBERED / 2) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = this.#endedInOrder.shift();
    if (oldest) this.#ended.delete(oldest.key);
  }

  #ageOf(id: Uint8Array): number | undefined {
    if (!looksLikeTransactionId(id)) throw invalidTransaction();
    const key = keyOf(id);
    return (this.#active.get(key)?.transaction ?? this.#endedLately(key))?.age;
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
