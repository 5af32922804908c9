import { MAX_ATTEMPTS } from "../task-types.ts";
import type { BrokenPromise } from "./broken-promise.ts";
import { TOLERANCE_MS, isTerminal, recordOf } from "./endings.ts";
import type { Histories, TaskHistory } from "./histories.ts";
import type { Version } from "./record-versions.ts";

/** Holds every change of every record against the rules of claims, leases and fences, by Firestore's own times. */
export function checkOwners(histories: Histories): BrokenPromise[] {
  return histories.tasks.flatMap((task) => {
    const versions = recordOf(task, histories);
    const steps = versions.flatMap((version, index) => problemsOf(versions[index - 1], version));
    const rules = steps.map(({ promise, what }) => ({ promise, n: task.n, what }));
    return task.kind === "claim" ? [...rules, ...checkClaimedRuns(task, versions)] : rules;
  });
}

type Problem = Omit<BrokenPromise, "n">;

function problemsOf(before: Version | undefined, after: Version): Problem[] {
  if (isTerminal(before)) {
    const states = `${before?.text("state")} → ${after.text("state")}`;
    return [{ promise: "one terminal state", what: `its record changed after its end (${states})` }];
  }
  if (after.text("state") === "running") return claimProblems(before, after);
  return before?.text("state") === "running" ? settleProblems(before, after) : unclaimedProblems(before, after);
}

/** When the lease of a running version ends. */
function leaseEnd(version: Version): number {
  return (version.time("claimedAt") ?? 0) + (version.number("leaseMs") ?? 0);
}

function claimProblems(before: Version | undefined, after: Version): Problem[] {
  const problems: Problem[] = [];
  const [fence, attempts] = [after.number("fence"), after.number("attempts")];
  if (before?.text("state") === "running" && after.at < leaseEnd(before)) {
    const earlyMs = Math.round(leaseEnd(before) - after.at);
    problems.push({ promise: "never two live owners", what: `was taken over ${earlyMs} ms before its lease ended` });
  }
  if (fence !== (before?.number("fence") ?? 0) + 1) problems.push(arithmetic("a claim's fence", before, after));
  if (attempts !== (before?.number("attempts") ?? 0) + 1)
    problems.push(arithmetic("a claim's attempts", before, after));
  return problems;
}

function settleProblems(before: Version, after: Version): Problem[] {
  const problems: Problem[] = [];
  const state = after.text("state");
  const [counted, were] = [after.number("attempts") ?? 0, before.number("attempts") ?? 0];
  if (after.text("owner") !== before.text("owner") || after.number("fence") !== before.number("fence")) {
    problems.push(arithmetic("a settled record's owner or fence", before, after));
  }
  if (counted !== were && !(state === "waiting" && counted === were - 1)) {
    problems.push(arithmetic("a settled record's attempts", before, after));
  }
  return [...problems, ...deathProblems(after)];
}

/** An end that was not claimed before counts its own attempt. */
function unclaimedProblems(before: Version | undefined, after: Version): Problem[] {
  const problems: Problem[] = [];
  const [counted, were] = [after.number("attempts") ?? 0, before?.number("attempts") ?? 0];
  if (after.number("fence") !== (before?.number("fence") ?? 0) + 1 && !wasTooOften(before, after)) {
    problems.push(arithmetic("an unclaimed end's fence", before, after));
  }
  const grew = counted === were + 1 || (after.text("state") === "waiting" && counted === were);
  if (!grew && !wasTooOften(before, after)) problems.push(arithmetic("an unclaimed end's attempts", before, after));
  return [...problems, ...deathProblems(after)];
}

/** A task whose attempts had all been used up is buried without another one. */
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

/** Each run of a claimed task has a claim of its own, made before it, with its number. */
function checkClaimedRuns({ n, runs }: TaskHistory, versions: readonly Version[]): BrokenPromise[] {
  const claims = versions.filter((version) => version.text("state") === "running");
  const unclaimed = runs.filter(({ at, attempt }) => {
    const index = claims.findIndex((claim) => claim.number("attempts") === attempt && claim.at <= at + TOLERANCE_MS);
    if (index >= 0) claims.splice(index, 1);
    return index < 0;
  });
  return unclaimed.map(({ attempt }) => ({
    promise: "no run without a claim",
    n,
    what: `ran as attempt ${attempt} without a claim of that number`,
  }));
}
