/** A bug that the worker could have: one text of one source file in another's place. */
export interface KnownBug {
  /** The file below services/worker/ or shared/. */
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

/** Bugs that the chaos must find. None of them is in the product's code: they are put in when a worker is loaded. */
export const KNOWN_BUGS: Readonly<Record<string, KnownBug>> = {
  /** A document that exists means "duplicate", the attempt's own claim included. */
  "exists-means-duplicate": {
    file: "services/worker/claim-decision.ts",
    text: `if (record.owner === claimant.owner) return { kind: "own", record };`,
    instead: `if (record.owner === claimant.owner) return { kind: "duplicate", state: "succeeded" };`,
  },
  /** A late attempt completes whatever stands in the record. */
  "unconditional-completion": {
    file: "services/worker/settle.ts",
    text: `fields, { lastUpdateTime: on.updateTime });`,
    instead: `fields);`,
  },
  /** A delivery is acknowledged while another attempt is at work. */
  "ok-while-running": {
    file: "services/worker/respond.ts",
    text: `return refuse(409, "busy", "Another attempt owns the task", { retryAfterMs: outcome.retryAfterMs });`,
    instead: `return acknowledge("duplicate");`,
  },
  /** Leases are judged by the instance's clock. */
  "lease-by-local-clock": {
    file: "services/worker/record-writes.ts",
    text: `readTimeMs: snapshot.readTime.toMillis() };`,
    instead: `readTimeMs: Date.now() + Number(process.env.CHAOS_CLOCK_OFFSET_MS) };`,
  },
  /** Attempts are counted by the queue's header, so refusals and conflicts use them up. */
  "attempts-from-header": {
    file: "services/worker/parse-delivery.ts",
    text: `const { idempotency, attempts, timeoutMs } = handler.taskType;`,
    instead: `const { idempotency, attempts: most, timeoutMs } = handler.taskType;
      const attempts = Number(request.headers.get("x-cloudtasks-taskretrycount")) + 1 >= most ? 1 : most;`,
  },
  /** A transaction's effect is committed without the task's record. */
  "effect-outside-transaction": {
    file: "services/worker/run-in-transaction.ts",
    text: `const settlement = settlementInTransaction(end, numbers, claimant);`,
    instead: `if (end.kind === "succeeded") return { kind: "ended", end };
      const settlement = settlementInTransaction(end, numbers, claimant);`,
  },
  /** An end whose commit is refused is not looked for, nor recorded again. */
  "refused-once-is-lost": {
    file: "services/worker/settle.ts",
    text: `if (error instanceof RecordStoreError && error.status !== undefined) return false;`,
    instead: ``,
  },
  /** A transaction looks for no record, so its effect is committed as often as its task is delivered. */
  "transaction-runs-again": {
    file: "services/worker/run-in-transaction.ts",
    text: `const decision = decideUnrecordedRun(record, claimant, readTimeMs);`,
    instead: `const decision = decideUnrecordedRun(null, claimant, readTimeMs);`,
  },
  /** An attempt whose handler is still at work gives its claim up. */
  "settles-a-runaway": {
    file: "services/worker/settle.ts",
    text: `if (run.kind !== "ended") return run.outcome;`,
    instead: `if (run.kind === "decided") return run.outcome;
      if (run.kind === "runaway") {
        const error = { code: "timeout", message: "The handler's time was used up." };
        return await settle(delivery, attempt, { kind: "ended", end: { kind: "timed-out", error } }, worker);
      }`,
  },
  /** Records expire while their tasks can still be delivered. */
  "early-expiry": {
    file: "shared/records/task-record.ts",
    text: `const RECORD_RETENTION_MS = 33 * DAY_MS;`,
    instead: `const RECORD_RETENTION_MS = 50;`,
  },
};
