import * as z from "zod";
import { readLineLog } from "../../chaos/line-log.ts";
import { KINDS } from "../../chaos/load/task-types.ts";
import { countEnqueued } from "../enqueued.ts";
import { readRuns } from "../handler-runs.ts";
import type { KillStack } from "../kill-stack.ts";
import type { Report } from "../outbox/outbox-report.ts";
import type { ReplayOptions, ReplayRun } from "./replay-run.ts";

const receivedSchema = z.looseObject({ key: z.string(), applied: z.boolean() });

/** Checks that each letter became one task, which was enqueued once and had its effect once. */
export async function reportReplays(stack: KillStack, run: ReplayRun, { letters }: ReplayOptions): Promise<Report> {
  const { db, folder } = stack;
  const effects = await db.collection("chaosEffects").get();
  const counts = new Map(effects.docs.map((document) => [document.id, Number(document.get("count"))]));
  const received = readLineLog(folder.receiver).map((line) => receivedSchema.parse(line));
  const applied = Map.groupBy(
    received.filter((one) => one.applied),
    ({ key }) => key,
  );
  const timesEnqueued = await countEnqueued(stack);
  const runs = Map.groupBy(readRuns(folder), ({ taskId }) => taskId);
  const left = await db.collection("taskOutbox").get();
  const numbers = Array.from({ length: letters }, (_, n) => n);
  const idOf = (n: number): string => [...(run.answers.get(n) ?? [])][0] ?? "";

  const problems = numbers.flatMap((n) => {
    const id = idOf(n);
    const kind = KINDS[n % KINDS.length];
    const ids = run.answers.get(n)?.size ?? 0;
    const times = timesEnqueued.get(id) ?? 0;
    const had = kind === "claim" ? (applied.get(id)?.length ?? 0) : (counts.get(`n${n}`) ?? 0);
    const wrong = [
      ...(ids === 1 ? [] : [`became ${ids} tasks`]),
      ...(times === 1 ? [] : [`its replay was enqueued ${times} times`]),
      ...(had === 1 ? [] : [`had ${had} effects`]),
    ];
    return wrong.map((what) => `letter ${n}: ${what}`);
  });
  const broken = [...problems, ...(left.size === 0 ? [] : [`${left.size} entries are left in the outbox`])];
  const ranOnce = numbers.filter((n) => runs.get(idOf(n))?.length === 1).length;
  const triedAgain = numbers.flatMap((n) => runs.get(idOf(n)) ?? []).filter(({ hasSucceeded }) => !hasSucceeded).length;
  const lines = [
    `replays: ${run.letters} dead letters, each asked for five times, ${run.unanswered} requests unanswered`,
    `  replays in the middle when the producer was killed: ${run.held[0]} after their commit, ${run.held[1]} after CreateTask`,
    `  tasks that replays became: ${new Set(numbers.map(idOf)).size}; handlers that ran once: ${ranOnce}; ` +
      `runs that failed, as when a busy machine used up their time: ${triedAgain}`,
  ];
  return { lines, broken };
}
