import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { createTurns } from "../harness/runtime/turns.ts";
import { KNOWN_BUGS } from "./bugs/known-bugs.ts";

const PROGRAMS = {
  chaos: path.resolve(import.meta.dirname, "main.ts"),
  kills: path.resolve(import.meta.dirname, "../kills/main.ts"),
  schedules: path.resolve(import.meta.dirname, "../schedules/main.ts"),
} as const;
/** A fault that needs a lease to run out takes half a minute, and on a busy machine it waits for others. */
const LIMIT_MS = 300_000;
/** Each run is seven processes, and the machine has other tests to run. */
const MAX_CONCURRENT_RUNS = 2;

/**
 * Faults that expose each bug, with a promise that it breaks. promises-kept.test.ts shows that none is broken without
 * a bug.
 */
const CASES: readonly {
  readonly bug: string;
  /** Default: chaos. */
  readonly program?: keyof typeof PROGRAMS;
  readonly options: string;
  readonly broken: string;
}[] = [
  {
    bug: "unconditional-completion",
    options: "--plain --kinds claim --tasks 60 --hits 1 --work-ms 900 --faults stop-long",
    broken: "one terminal state",
  },
  {
    bug: "attempts-from-header",
    options: "--plain --kinds claim --tasks 20 --hits 4 --work-ms 900 --faults kill",
    broken: "nobody dies early",
  },
  {
    bug: "lease-by-local-clock",
    options: "--plain --kinds claim --tasks 15 --hits 4 --work-ms 900 --faults clock-ahead",
    broken: "never two live owners",
  },
  {
    bug: "exists-means-duplicate",
    options: "--plain --kinds claim --tasks 15 --hits 4 --faults commit-after-ABORTED",
    broken: "2xx only when it is durable",
  },
  {
    bug: "one-shard-only",
    // Tasks that wait in a queue of the number before are refused again and again. Nothing else takes seconds.
    options:
      "--plain --kinds claim --tasks 60 --hits 1 --work-ms 900 --script fails-first --faults resharded --patience 15",
    broken: "no task is lost",
  },
  {
    bug: "ok-while-running",
    options: "--plain --kinds claim --tasks 15 --hits 3 --work-ms 900 --faults duplicate-at-once",
    broken: "2xx only when it is durable",
  },
  {
    bug: "early-expiry",
    options: "--plain --kinds claim --tasks 15 --hits 2 --faults duplicate-after-success",
    broken: "one terminal state",
  },
  {
    bug: "effect-outside-transaction",
    options: "--plain --kinds transaction --tasks 15 --hits 1 --faults commit-before-ABORTED",
    broken: "no task is lost",
  },
  {
    bug: "refused-once-is-lost",
    options: "--plain --kinds claim --tasks 15 --hits 6 --work-ms 900 --faults commit-before-INTERNAL",
    broken: "claimed tasks run again only for a reason",
  },
  {
    bug: "transaction-runs-again",
    options: "--plain --kinds transaction --tasks 15 --hits 2 --faults duplicate-after-success",
    broken: "a transaction's effect happens exactly once",
  },
  {
    bug: "nobody-is-blamed",
    options: "--plain --kinds claim --tasks 15 --hits 2 --faults stray-rejection",
    broken: "a stray rejection fails its own attempt",
  },
  {
    // One task in twenty is slow: its attempt is asked to end, and doesn't.
    bug: "cancel-deletes-first",
    options: "--kinds claim --tasks 60 --cancels 100 --hits 1 --faults term",
    broken: "no task is lost",
  },
  {
    bug: "cancelled-without-its-hash",
    options: "--plain --kinds claim --tasks 60 --cancels 100 --hits 4 --faults duplicate-late",
    broken: "nobody mistakes a task for another",
  },
  {
    bug: "cancelled-while-it-runs",
    options: "--plain --kinds claim --tasks 40 --cancels 100 --hits 1 --work-ms 900 --faults term",
    broken: "a cancel waits for the attempt that runs",
  },
  {
    bug: "log-starts-anew",
    options: "--plain --kinds claim --tasks 15 --hits 2 --faults stray-rejection",
    broken: "a log tells of every attempt",
  },
  {
    bug: "lost-attempts-untold",
    options: "--plain --kinds claim --tasks 15 --hits 2 --work-ms 900 --faults kill",
    broken: "a log tells of every attempt",
  },
  {
    // One task in twenty is slow.
    bug: "settles-a-stuck-attempt",
    options: "--kinds claim --tasks 20 --hits 1 --faults term",
    broken: "claimed tasks run again only for a reason",
  },
  {
    bug: "relay-deletes-first",
    program: "kills",
    options: "outbox --transactions 2 --batch 2 --rolled-back 0 --undisturbed 0 --windows before-create",
    broken: "transaction 0, before-create",
  },
  {
    bug: "relay-deletes-blindly",
    program: "kills",
    options: "cancels --cancels 1",
    broken: "cancelled tasks leave their queue",
  },
  {
    bug: "schedule-fires-blindly",
    program: "schedules",
    options: "--days 0 --dates 2026-03-29 --around 0.15 --faults 6",
    broken: "a time has fired twice",
  },
  {
    bug: "first-hop-is-current",
    options: "--plain --script snoozes --kinds claim --tasks 15 --hits 3 --faults duplicate-after-success",
    broken: "no task goes back a hop",
  },
  {
    bug: "conflict-overwrites",
    options: "--plain --contested --kinds claim --tasks 10 --hits 1 --faults application-killed",
    broken: "one terminal state",
  },
];

test.concurrent.for(CASES)(
  "the checker finds a worker with $bug",
  { timeout: LIMIT_MS },
  async ({ bug, program = "chaos", options, broken }, { onTestFinished }) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "handoff-chaos-"));
    const runs = runProgram([
      PROGRAMS[program],
      "--out",
      folder,
      "--bug",
      bug,
      ...(program === "kills" ? [] : ["--seed", "5"]),
      ...options.split(" "),
    ]);
    onTestFinished(() => {
      runs.stop();
      fs.rmSync(folder, { recursive: true, force: true });
    });
    const { code, text } = await runs.ended;

    expect(text).toContain(`BROKEN ${broken}: `);
    expect(code).toBe(1);
  },
);

test("every known bug has a run that finds it", () => {
  expect(CASES.map(({ bug }) => bug).toSorted()).toEqual(Object.keys(KNOWN_BUGS).toSorted());
});

const inTurn = createTurns(MAX_CONCURRENT_RUNS);

/** Runs chaos or kills once few enough other runs are going on. */
function runProgram(options: readonly string[]) {
  const stopped = new AbortController();
  return { ended: inTurn(() => execute(options, stopped.signal)), stop: () => stopped.abort() };
}

function execute(options: readonly string[], signal: AbortSignal): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...options], { signal }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr });
    });
  });
}
