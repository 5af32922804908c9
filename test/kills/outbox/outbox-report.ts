import { countEnqueued } from "../enqueued.ts";
import { readRuns } from "../handler-runs.ts";
import type { KillStack } from "../kill-stack.ts";
import { percentiles } from "../percentiles.ts";
import type { OutboxOptions, OutboxRun, Placed } from "./outbox-run.ts";

/** What a run showed, in lines for a person, and what was wrong. */
export interface Report {
  readonly lines: readonly string[];
  readonly broken: readonly string[];
}

/** How many transactions must have stood in each window, or half of what was asked for there if that is less. */
const MIN_HITS = 50;

/** Reads from the application's own documents which transactions committed, and checks what became of each. */
export async function reportOutbox(stack: KillStack, run: OutboxRun, options: OutboxOptions): Promise<Report> {
  const { db, folder } = stack;
  const orders = await db.collection("chaosOrders").get();
  const committedAt = new Map(
    orders.docs.filter(({ id }) => id.startsWith("n")).map(({ id, createTime }) => [id, createTime.toMillis()]),
  );
  const effects = await db.collection("chaosEffects").get();
  const counts = new Map(effects.docs.map((document) => [document.id, Number(document.get("count"))]));
  const timesEnqueued = await countEnqueued(stack);
  const runs = Map.groupBy(readRuns(folder), ({ n }) => n);
  const left = await db.collection("taskOutbox").get();

  const problems = run.placed.flatMap(({ n, window }) => {
    const isCommitted = committedAt.has(`n${n}`);
    const ids = new Set(runs.get(n)?.map(({ taskId }) => taskId));
    const enqueued = [...ids].reduce((sum, id) => sum + (timesEnqueued.get(id) ?? 0), 0);
    const facts = { isCommitted, ids: ids.size, enqueued, count: counts.get(`n${n}`), kind: n % 3 };
    return problemsOf({ n, window }, facts).map((what) => `transaction ${n}, ${window}: ${what}`);
  });
  const { windows, transactions } = options;
  const few = windows.filter((window) => run.hits[window] < Math.min(MIN_HITS, transactions / windows.length / 2));
  const broken = [
    ...problems,
    ...few.map((window) => `only ${run.hits[window]} transactions were hit ${window}`),
    ...(left.size === 0 ? [] : [`${left.size} entries are left in the outbox`]),
    ...(run.reportedRolledBack === options.rolledBack
      ? []
      : [`${run.reportedRolledBack} of ${options.rolledBack} transactions were rolled back`]),
  ];
  const latency = (window: Placed["window"]): string => {
    const waits = run.placed
      .filter((one) => one.window === window)
      .flatMap(({ n }) => {
        const [at, began] = [committedAt.get(`n${n}`), runs.get(n)?.[0]?.at];
        return at === undefined || began === undefined ? [] : [began - at];
      });
    return percentiles(waits);
  };
  const enqueued = run.placed.filter(({ n }) => runs.has(n)).length;
  const lines = [
    `outbox: ${committedAt.size} of ${run.placed.length} transactions committed, ${enqueued} tasks enqueued; ${run.kills} processes killed`,
    `  transactions hit by a kill: ${windows.map((window) => `${window} ${run.hits[window]}`).join(", ")}`,
    `  rolled back on purpose: ${run.reportedRolledBack}, of which enqueued: ${run.placed.filter(({ n, window }) => window === "rolled-back" && runs.has(n)).length}`,
    `  from commit to handler start, by the fast path:             ${latency("undisturbed")}`,
    `  from commit to handler start, by a sweep each ${options.tickMs / 1_000} s (not Eventarc): ${latency("after-commit")}`,
  ];
  return { lines, broken };
}

function problemsOf(
  { window }: Placed,
  facts: {
    readonly isCommitted: boolean;
    readonly ids: number;
    readonly enqueued: number;
    readonly count: number | undefined;
    readonly kind: number;
  },
): string[] {
  const { isCommitted, ids, enqueued, count } = facts;
  const mustCommit = window !== "before-commit" && window !== "rolled-back";
  if (isCommitted !== mustCommit) return [isCommitted ? "was committed" : "was not committed"];
  if (!isCommitted) return ids === 0 && count === undefined ? [] : ["ran although it was never committed"];
  if (ids !== 1 || enqueued !== 1) return [`was enqueued ${enqueued} times, as ${ids} tasks`];
  const isTransaction = facts.kind === 1;
  return isTransaction && count !== 1 ? [`had ${count} effects`] : [];
}
