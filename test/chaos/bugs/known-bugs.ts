/** A bug that the worker could have: one piece of text in one source file replaced by another. */
export interface KnownBug {
  /** The file below services/worker/ or shared/. */
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

/** Bugs that chaos must find. None of them is in the product's code: each is patched in when a worker loads. */
export const KNOWN_BUGS: Readonly<Record<string, KnownBug>> = {
  /** Any existing document means "duplicate", even the attempt's own claim. */
  "exists-means-duplicate": {
    file: "services/worker/lifecycle/admission.ts",
    text: `if (record.owner === claimant.owner) return { kind: "own", record };`,
    instead: `if (record.owner === claimant.owner) return { kind: "duplicate", state: "succeeded" };`,
  },
  /** A late attempt completes the record, whatever its state. */
  "unconditional-completion": {
    file: "shared/records/task-store.ts",
    text: `this.#commit(task, writes, { lastUpdateTime: updateTime })`,
    instead: `this.#commit(task, writes, {})`,
  },
  /** A delivery is acknowledged while another attempt is at work. */
  "ok-while-running": {
    file: "services/worker/outcome.ts",
    text: `return refuse(409, "busy", "Another attempt owns the task", { retryAfterMs: outcome.retryAfterMs });`,
    instead: `return acknowledge("duplicate");`,
  },
  /** Leases are checked against the instance's clock. */
  "lease-by-local-clock": {
    file: "shared/records/task-store.ts",
    text: `readTimeMs: snapshot.readTime.toMillis() };`,
    instead: `readTimeMs: Date.now() + Number(process.env.CHAOS_CLOCK_OFFSET_MS) };`,
  },
  /** Attempts are counted by the queue's header, so rejected deliveries use them up. */
  "attempts-from-header": {
    file: "services/worker/parse-delivery.ts",
    text: `const { idempotency, attempts, timeoutMs } = handler.taskType;`,
    instead: `const { idempotency, attempts: most, timeoutMs } = handler.taskType;
      const attempts = Number(request.headers.get("x-cloudtasks-taskretrycount")) + 1 >= most ? 1 : most;`,
  },
  /** A transaction's effect is committed without the task's record. */
  "effect-outside-transaction": {
    file: "services/worker/idempotency/transaction.ts",
    text: `const settlement = settleInTransaction(end, admission, attempt);`,
    instead: `if (end.kind === "succeeded") return { kind: "ended", end };
      const settlement = settleInTransaction(end, admission, attempt);`,
  },
  /** When the commit that ends a task is refused, nobody checks whether it took effect or tries again. */
  "refused-once-is-lost": {
    file: "shared/records/task-store.ts",
    text: `if (error instanceof RecordStoreError && error.status !== undefined) return false;`,
    instead: ``,
  },
  /** A transaction doesn't read the record, so its effect is committed once per delivery. */
  "transaction-runs-again": {
    file: "services/worker/idempotency/transaction.ts",
    text: `const admission = admitUnclaimed(record, attempt, readTimeMs);`,
    instead: `const admission = admitUnclaimed(null, attempt, readTimeMs);`,
  },
  /** An attempt releases its claim while its handler is still running. */
  "settles-a-stuck-attempt": {
    file: "services/worker/idempotency/claim.ts",
    text: `whenStuck: (end) => ({ kind: "decided", outcome: failedWhenStuck(end) }),`,
    instead: `whenStuck: () => ({
        kind: "ended",
        end: { kind: "timed-out", error: { code: "timeout", message: "The handler used up its time." } },
      }),`,
  },
  /** A promise that rejects outside its handler stops the worker, but isn't put down to its task. */
  "nobody-is-blamed": {
    file: "services/worker/report-fault.ts",
    text: `task !== undefined && !shutdown.signal.aborted && task.blame(fault);`,
    instead: `false;`,
  },
  /** Records expire while their tasks can still be delivered. */
  "early-expiry": {
    file: "shared/records/task-record.ts",
    text: `const RECORD_RETENTION_MS = 33 * DAY_MS;`,
    instead: `const RECORD_RETENTION_MS = 50;`,
  },
};
