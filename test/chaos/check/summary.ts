import type { BrokenPromise } from "./broken-promise.ts";
import { countEffects } from "./effects.ts";
import { type Ending, endingOf } from "./endings.ts";
import { type FaultFigures, countHits } from "./fault-hits.ts";
import type { Histories, TaskHistory } from "./history/histories.ts";
import { type Repeat, countSentAgain, explainRepeats } from "./repeats.ts";

const MAX_SHOWN = 30;

/** The result of a run, in lines for a person. */
export function summarise(histories: Histories, broken: readonly BrokenPromise[]): string[] {
  const repeats = explainRepeats(histories);
  const figures = countHits(histories);
  const { run, tasks } = histories;
  const accepted = tasks.filter(({ ids }) => ids.size > 0);
  const endings = Map.groupBy(accepted, (task) => endingOf(task, histories));
  const tell = (ending: Ending): string => `${ending} ${kinds(endings.get(ending) ?? [])}`;
  const doubled = accepted.filter((task) => task.kind === "transaction" && countEffects(task, histories) > 1);
  return [
    `seed ${run.seed}: ${tasks.filter(({ origin }) => origin === "api" || origin === "outbox").length} asked for, ${accepted.length} accepted or made, in ${seconds(run.endedMs - run.startedMs)}`,
    `  ${tell("succeeded")}; ${tell("finished")}; ${tell("dead")}; ${tell("cancelled")}; ${tell("lost")}`,
    `  by the outbox: ${outbox(tasks)}`,
    `  cancels: ${answers(accepted.flatMap((task) => task.cancels.map(({ status }) => status)))}; run now: ${answers(accepted.flatMap((task) => task.runsNow))}`,
    `  doubled effects of transactions: ${doubled.length}`,
    `  claimed tasks' handlers ran again ${repeats.length} times: ${reasons(repeats)}`,
    `  of these after an effect: ${reasons(repeats.filter(({ afterEffect }) => afterEffect))}`,
    `  effects sent to a receiver again: ${countSentAgain(histories)}; applied again: ${appliedAgain(histories)}`,
    ...figureTable(figures),
    ...broken
      .slice(0, MAX_SHOWN)
      .map(({ promise, n, what }) => `BROKEN ${promise}: ${n === undefined ? "" : `task ${n} `}${what}`),
    broken.length === 0
      ? "all promises were kept"
      : `${broken.length} promises were broken; repeat with: npm run chaos -- --seed ${run.seed} --tasks ${run.tasks} --hits ${run.hits}`,
  ];
}

/** What applications committed, and what followed. */
function outbox(tasks: readonly TaskHistory[]): string {
  const count = (is: (task: TaskHistory) => boolean): number => tasks.filter(is).length;
  const made = (origin: TaskHistory["origin"]): number => count((task) => task.origin === origin && task.ids.size > 0);
  return (
    `${made("outbox")} committed, ${count(({ isRolledBack }) => isRolledBack)} rolled back, ` +
    `${count(({ contestant }) => contestant !== undefined)} contested; ${made("child")} children, ${made("replay")} replays`
  );
}

/** How often each response was given. */
function answers(statuses: readonly number[]): string {
  const counted = Map.groupBy(statuses, (status) => status);
  return [...counted].map(([status, all]) => `${status} ${all.length}`).join(", ") || "none";
}

function kinds(tasks: readonly TaskHistory[]): string {
  const counts = ["natural", "transaction", "claim"].map(
    (name) => `${tasks.filter(({ kind }) => kind === name).length} ${name}`,
  );
  return tasks.length === 0 ? "0" : `${tasks.length} (${counts.join(", ")})`;
}

/** How often receivers that know the idempotency key still took a repeated effect for a new one. */
function appliedAgain(histories: Histories): number {
  const claimed = histories.tasks.filter(({ kind }) => kind === "claim");
  return claimed.reduce((sum, task) => sum + Math.max(0, countEffects(task, histories) - 1), 0);
}

function reasons(repeats: readonly Repeat[]): string {
  if (repeats.length === 0) return "none";
  const counted = Map.groupBy(repeats, ({ reason }) => reason ?? "unexplained");
  return [...counted].map(([reason, all]) => `${reason} ${all.length}`).join(", ");
}

/** Hits and recovery times of each fault, in lines for a person. */
export function figureTable(figures: readonly FaultFigures[]): string[] {
  return ["  fault                              hits   recovery p50      p95      max", ...figures.map(figureLine)];
}

function figureLine({ fault, hits, recoveryMs }: FaultFigures): string {
  const sorted = recoveryMs.toSorted((a, b) => a - b);
  const at = (share: number): string => {
    const value = sorted[Math.ceil(share * sorted.length) - 1];
    return (value === undefined ? "-" : seconds(value)).padStart(9);
  };
  return `  ${fault.padEnd(34)}${String(hits).padStart(5)}      ${at(0.5)}${at(0.95)}${at(1)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
