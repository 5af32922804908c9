import { MAX_ATTEMPTS } from "../../load/task-types.ts";
import type { BrokenPromise } from "../broken-promise.ts";
import { claimOf, leaseEnd } from "../claims.ts";
import { wasShutDown, wasTimeUp } from "../stops.ts";
import { TOLERANCE_MS, hopOf, isTerminal, recordOf } from "../endings.ts";
import type { HandlerRun, Histories, TaskHistory } from "./histories.ts";
import { clockOffsetOf } from "./process-lives.ts";
import type { Version } from "./record-versions.ts";

/** How much too early a delivery may be to run nevertheless. */
const EARLY_MS = 1_000 + TOLERANCE_MS;

/** The error of an attempt that left a promise that rejected. */
const STRAY = "unhandled_rejection";

/** Checks every change of every record against the rules of claims, leases and fences, by Firestore's own times. */
export function checkOwners(histories: Histories): BrokenPromise[] {
  return histories.tasks.flatMap((task) => {
    const versions = recordOf(task, histories);
    const nowOf = (at: number): number => latestNow(task, histories, at);
    const steps = versions.flatMap((version, index) => problemsOf(versions[index - 1], version, { task, nowOf }));
    const rules = steps.map(({ promise, what }) => ({ promise, n: task.n, what }));
    const runs = task.kind === "claim" ? checkClaimedRuns(task, histories) : checkCounts(task, versions);
    return [...rules, ...runs];
  });
}

type Problem = Omit<BrokenPromise, "n">;

/** The task whose record is checked, and what time it was by its worker's clock when it was that time by Firestore's. */
interface Checked {
  readonly task: TaskHistory;
  readonly nowOf: (at: number) => number;
}

/** Due times are written and judged by the workers' clocks, which some faults put ahead. */
function latestNow({ deliveries }: TaskHistory, histories: Histories, at: number): number {
  const underWay = deliveries.filter(({ sentAt, endedAt = Infinity }) => sentAt <= at && at <= endedAt + TOLERANCE_MS);
  return at + Math.max(0, ...underWay.map(({ pid }) => clockOffsetOf(histories, pid)));
}

function problemsOf(before: Version | undefined, after: Version, { task, nowOf }: Checked): Problem[] {
  if (isTerminal(before)) {
    const states = `${before?.text("state")} → ${after.text("state")}`;
    return [{ promise: "one terminal state", what: `its record changed after its end (${states})` }];
  }
  if (after.text("state") === "running") return claimProblems(before, after, nowOf);
  if (before?.text("state") === "running") return settleProblems(before, after);
  if (after.text("state") === "cancelled") return cancelProblems(before, after);
  return unclaimedProblems(before, after, task.script === "saturated");
}

function claimProblems(before: Version | undefined, after: Version, nowOf: Checked["nowOf"]): Problem[] {
  const problems: Problem[] = [];
  const [fence, attempts] = [after.number("fence"), after.number("attempts")];
  if (before?.text("state") === "running" && after.at < leaseEnd(before)) {
    const earlyMs = Math.round(leaseEnd(before) - after.at);
    problems.push({ promise: "never two live owners", what: `was taken over ${earlyMs} ms before its lease ended` });
  }
  if (fence !== (before?.number("fence") ?? 0) + 1) problems.push(arithmetic("a claim's fence", before, after));
  if (attempts !== (before?.number("attempts") ?? 0) + 1)
    problems.push(arithmetic("a claim's attempts", before, after));
  if (hopOf(after) < hopOf(before)) {
    problems.push({ promise: "no task goes back a hop", what: `from hop ${hopOf(before)} to hop ${hopOf(after)}` });
  }
  const dueAt = before?.text("state") === "waiting" ? Date.parse(before.text("notBefore") ?? "") : NaN;
  const now = nowOf(after.at);
  if (now < dueAt - EARLY_MS) {
    const what = `was claimed ${Math.round(dueAt - now)} ms before it was due`;
    problems.push({ promise: "nothing runs before its time", what });
  }
  return problems;
}

function settleProblems(before: Version, after: Version): Problem[] {
  const problems: Problem[] = [];
  const state = after.text("state");
  const [counted, were] = [after.number("attempts") ?? 0, before.number("attempts") ?? 0];
  if (isTakenOver(before, after)) return [];
  if (after.text("owner") !== before.text("owner") || after.number("fence") !== before.number("fence")) {
    problems.push(arithmetic("a settled record's owner or fence", before, after));
  }
  if (counted !== were && !((state === "waiting" || state === "cancelled") && counted === were - 1)) {
    problems.push(arithmetic("a settled record's attempts", before, after));
  }
  return [...problems, ...deathProblems(after)];
}

/** Whoever gives a task another time takes it over if the lease of its attempt is over. Then that attempt can't end any more. */
function isTakenOver(before: Version, after: Version): boolean {
  const isSame = after.number("attempts") === before.number("attempts");
  const isNew =
    after.text("owner") !== before.text("owner") && after.number("fence") === (before.number("fence") ?? 0) + 1;
  return isNew && isSame && after.at >= leaseEnd(before) && isHopAlone(before, after);
}

/** A cancel is no attempt. */
function cancelProblems(before: Version | undefined, after: Version): Problem[] {
  const isSame = (field: string): boolean => after.number(field) === (before?.number(field) ?? 0);
  return isSame("fence") && isSame("attempts") ? [] : [arithmetic("a cancelled record's numbers", before, after)];
}

/** An end without a claim counts its own attempt, unless a dependency was saturated. */
function unclaimedProblems(before: Version | undefined, after: Version, mayBeSaturated: boolean): Problem[] {
  const problems: Problem[] = [];
  const [counted, were] = [after.number("attempts") ?? 0, before?.number("attempts") ?? 0];
  if (isHopAlone(before, after)) return [];
  if (after.number("fence") !== (before?.number("fence") ?? 0) + 1 && !wasTooOften(before, after)) {
    problems.push(arithmetic("an unclaimed end's fence", before, after));
  }
  const grew = counted === were + 1 || (mayBeSaturated && after.text("state") === "waiting" && counted === were);
  if (!grew && !wasTooOften(before, after)) problems.push(arithmetic("an unclaimed end's attempts", before, after));
  return [...problems, ...deathProblems(after)];
}

/** A task that is put off, or given another time, goes on to its next hop, and no attempt is counted. */
function isHopAlone(before: Version | undefined, after: Version): boolean {
  const isSame = (after.number("attempts") ?? 0) === (before?.number("attempts") ?? 0);
  const raised = (after.number("fence") ?? 0) - (before?.number("fence") ?? 0);
  return after.text("state") === "waiting" && hopOf(after) === hopOf(before) + 1 && isSame && [0, 1].includes(raised);
}

/** A task that has used up its attempts is dead-lettered without another one. */
function wasTooOften(before: Version | undefined, after: Version): boolean {
  return after.text("state") === "dead" && (before?.number("attempts") ?? 0) >= MAX_ATTEMPTS;
}

function deathProblems(after: Version): Problem[] {
  const attempts = after.number("attempts") ?? 0;
  if (after.text("state") !== "dead" || attempts >= MAX_ATTEMPTS || after.lastErrorCode() === "chaos_permanent")
    return [];
  return [{ promise: "nobody dies early", what: `died after ${attempts} of ${MAX_ATTEMPTS} attempts` }];
}

function arithmetic(what: string, before: Version | undefined, after: Version): Problem {
  const tell = (version: Version | undefined): string =>
    version
      ? `${version.text("state")} fence ${version.number("fence")} attempts ${version.number("attempts")}`
      : "nothing";
  return { promise: "records add up", what: `${what}: ${tell(before)} → ${tell(after)}` };
}

/** Unclaimed attempts are counted when they end, so there can't be more of them than handler runs. */
function checkCounts({ n, runs }: TaskHistory, versions: readonly Version[]): BrokenPromise[] {
  return versions
    .filter(
      (version) => (version.number("attempts") ?? 0) > runs.filter((run) => run.at <= version.at + TOLERANCE_MS).length,
    )
    .map((version) => ({
      promise: "no attempt is counted twice",
      n,
      what: `${version.number("attempts")} attempts were counted of ${runs.length} runs`,
    }));
}

/** Every run of a claimed task has its own claim, made before it, with its number, and begins within its lease. */
function checkClaimedRuns(task: TaskHistory, histories: Histories): BrokenPromise[] {
  const { n, runs } = task;
  const claims = recordOf(task, histories).filter((version) => version.text("state") === "running");
  const late = runs.filter((run) => run.at >= (claimOf(run, task, histories)?.leaseEndsAt ?? Infinity));
  const unclaimed = runs.filter(({ at, attempt }) => {
    const index = claims.findIndex((claim) => claim.number("attempts") === attempt && claim.at <= at + TOLERANCE_MS);
    if (index >= 0) claims.splice(index, 1);
    return index < 0;
  });
  const miscounted = runs.flatMap((run) => miscountOf(run, task, histories));
  return [
    ...checkStrays(task, histories),
    ...miscounted.map((what) => ({ promise: "records add up", n, what })),
    ...unclaimed.map(({ attempt }) => ({
      promise: "no run without a claim",
      n,
      what: `ran as attempt ${attempt} without a claim of that number`,
    })),
    ...late.map(({ attempt }) => ({
      promise: "no run begins after its lease",
      n,
      what: `began as attempt ${attempt} when its lease was over`,
    })),
  ];
}

/** A claim counts its attempt. Only a run that was released or saturated gets it back. */
function miscountOf(run: HandlerRun, task: TaskHistory, histories: Histories): string[] {
  const isStray = task.script === "stray-rejection" && run === task.runs[0];
  const { claim, after } = claimOf(run, task, histories) ?? {};
  if (after?.text("state") !== "waiting") return [];
  const takenBack = (claim?.number("attempts") ?? 0) - (after.number("attempts") ?? 0);
  const expected =
    run.how === "saturated" || run.how === "snoozed"
      ? [1]
      : run.how === "stopped" && !isStray
        ? stopsCounted(run, histories)
        : [0];
  return expected.includes(takenBack) ? [] : [`${takenBack} attempts were taken back after a run that ${run.how}`];
}

/** The first run of a task with a stray rejection failed because of it, whoever else was told to stop as well. */
function checkStrays(task: TaskHistory, histories: Histories): BrokenPromise[] {
  const [run] = task.runs;
  if (task.script !== "stray-rejection" || !run) return [];
  const { after } = claimOf(run, task, histories) ?? {};
  const code = after?.text("state") === "waiting" ? after.lastErrorCode() : STRAY;
  const what = `its first attempt ended as ${code ?? "released"}`;
  return code === STRAY ? [] : [{ promise: "a stray rejection fails its own attempt", n: task.n, what }];
}

/** A handler that was told to stop either used up its time or was released because its process ended, or both. */
function stopsCounted(run: HandlerRun, histories: Histories): number[] {
  return [...(wasTimeUp(run) ? [0] : []), ...(wasShutDown(run, histories) ? [1] : [])];
}
