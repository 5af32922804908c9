/** A bug that the worker or the producer could have: one piece of text in one source file replaced by another. */
export interface KnownBug {
  /** The file below services/ or shared/. */
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
    text: `this.#documents.commit(task.envelope.id, writes, { record: updateTime })`,
    instead: `this.#documents.commit(task.envelope.id, writes, {})`,
  },
  /** A delivery is acknowledged while another attempt is at work. */
  "ok-while-running": {
    file: "services/worker/outcome.ts",
    text: `return refuse(409, "busy", "Another attempt owns the task", { retryAfterMs: outcome.retryAfterMs });`,
    instead: `return acknowledge("duplicate");`,
  },
  /** Leases are checked against the instance's clock. */
  "lease-by-local-clock": {
    file: "shared/records/read-record.ts",
    text: `readTimeMs: document.readTime.toMillis() };`,
    instead: `readTimeMs: Date.now() + Number(process.env.CHAOS_CLOCK_OFFSET_MS) };`,
  },
  /** Attempts are counted by the queue's header, so rejected deliveries use them up. */
  "attempts-from-header": {
    file: "services/worker/parse-delivery.ts",
    text: `const { idempotency, attempts, timeoutMs, cancelCheckMs, backoff } = handler.taskType;`,
    instead: `const { idempotency, attempts: most, timeoutMs, cancelCheckMs, backoff } = handler.taskType;
      const attempts = Number(request.headers.get("x-cloudtasks-taskretrycount")) + 1 >= most ? 1 : most;`,
  },
  /** A transaction's effect is committed without the task's record. */
  "effect-outside-transaction": {
    file: "services/worker/idempotency/transaction.ts",
    text: `const settlement = settleInTransaction(end, admission, { claimant: attempt, endedAtMs });`,
    instead: `if (end.kind === "succeeded") return { kind: "ended", end };
      const settlement = settleInTransaction(end, admission, { claimant: attempt, endedAtMs });`,
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
    text: `const admission = admitUnclaimed(record, attempt, readTimeMs);
  if (admission.kind === "reject") {`,
    instead: `const admission = admitUnclaimed(null, attempt, readTimeMs);
  if (admission.kind === "reject") {`,
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
  /** A task is deleted before its record says that it is cancelled, and is lost if an attempt turns out to own it. */
  "cancel-deletes-first": {
    file: "services/producer/tasks/cancel/cancel.ts",
    text: `const decision = await unlessUnavailable(change, { taskId: envelope.id, ...producer });`,
    instead: `await deleteHops(envelope.id, [0], producer);
  const decision = await unlessUnavailable(change, { taskId: envelope.id, ...producer });`,
  },
  /** The delivery that a cancel races with is taken for another payload's. */
  "cancelled-without-its-hash": {
    file: "shared/records/writes.ts",
    text: `const { id, type, payloadHash, enqueuedAt } = task.envelope;`,
    instead: `const { id, type, enqueuedAt } = task.envelope;
  const payloadHash = fields.state === "cancelled" ? "" : task.envelope.payloadHash;`,
  },
  /** A running attempt completes after its task was written as cancelled. */
  "cancelled-while-it-runs": {
    file: "services/producer/tasks/cancel/decide-cancel.ts",
    text: `if (leaseLeftMs(record, readTimeMs) > 0) {`,
    instead: `if (leaseLeftMs(record, readTimeMs) > Infinity) {`,
  },
  /** Each attempt that ends forgets those before it. */
  "log-starts-anew": {
    file: "services/worker/idempotency/claim.ts",
    text: `const story = { log: attempt.log, start: attempt, endedAtMs: clock.now() };`,
    instead: `const story = { log: [], start: attempt, endedAtMs: clock.now() };`,
  },
  /** An attempt whose lease ran out leaves no trace. */
  "lost-attempts-untold": {
    file: "shared/records/attempt-log.ts",
    text: `if (state !== "running") return attemptLog;`,
    instead: `if (attemptLog) return attemptLog;`,
  },
  /** Records expire while their tasks can still be delivered. */
  "early-expiry": {
    file: "shared/records/task-record.ts",
    text: `const RECORD_RETENTION_MS = 33 * DAY_MS;`,
    instead: `const RECORD_RETENTION_MS = 50;`,
  },
  /** The relay deletes an entry before its task is in its queue. */
  "relay-deletes-first": {
    file: "shared/outbox/relay.ts",
    text: `const result = await createOnce(() => queue.create(task, deadline));`,
    instead: `await work.relay.outbox.remove(work.document, work.untilMs);
  const result = await createOnce(() => queue.create(task, deadline));`,
  },
  /** The relay deletes an entry whatever became of it meanwhile, and so doesn't learn that its task was cancelled. */
  "relay-deletes-blindly": {
    file: "shared/outbox/outbox-store.ts",
    text: `entry.ref.delete({ ...this.#asRead(entry) })`,
    instead: `entry.ref.delete()`,
  },
  /** A schedule fires whatever has become of it since it was read. */
  "schedule-fires-blindly": {
    file: "services/producer/schedules/firestore-schedules.ts",
    text: `batch.update(ref, fieldsOf(update), { lastUpdateTime: read.version });`,
    instead: `batch.update(ref, fieldsOf(update));`,
  },
  /** A delivery of the first hop counts as current, although the task has gone on. */
  "first-hop-is-current": {
    file: "services/worker/lifecycle/admission.ts",
    text: `return hop > attempt.hop;`,
    instead: `return hop > attempt.hop && attempt.hop > 0;`,
  },
  /** While the number of shards changes, tasks are looked for, and accepted from, where they would be created now. */
  "one-shard-only": {
    file: "shared/contract/queue-shards.ts",
    text: `return current === earlier ? [current] : [current, earlier];`,
    instead: `return [current];`,
  },
  /** An entry with another payload makes the record of the task that has its id a dead one. */
  "conflict-overwrites": {
    file: "shared/outbox/relay.ts",
    text: `const read = refusal.kind === "unacceptable" ? await outbox.readRecord(taskId, work.untilMs) : null;
  const on = { entryId, hop, payloadHash, owner: randomUUID(), readTimeMs: read?.readTimeMs ?? 0 };
  const decided = decideRefusal(read?.record ?? null, refusal, on);`,
    instead: `const read = await outbox.readRecord(taskId, work.untilMs);
  const on = { entryId, hop, payloadHash, owner: randomUUID(), readTimeMs: read?.readTimeMs ?? 0 };
  const as = { owner: on.owner, fence: (read.record?.fence ?? 0) + 1, from: read.record };
  const decided = refusal.kind === "unacceptable"
    ? decideRefusal(read?.record ?? null, refusal, on)
    : { kind: "refuseEntry", error: refusal.error, entryId, as };`,
  },
};
