import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { KNOWN_BUGS } from "./bugs/known-bugs.ts";

const MAIN = path.resolve(import.meta.dirname, "main.ts");
/** A fault that needs a lease to run out takes half a minute, and on a busy machine it waits for others. */
const LIMIT_MS = 300_000;
/** Each run is seven processes, and the machine has other tests to run. */
const MOST_RUNS_AT_ONCE = 2;

/**
 * Faults that expose each bug, with a promise that it breaks. promises-kept.test.ts shows that none is broken without
 * a bug.
 */
const CASES = [
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
    // One task in twenty is slow.
    bug: "settles-a-stuck-attempt",
    options: "--kinds claim --tasks 20 --hits 1 --faults term",
    broken: "claimed tasks run again only for a reason",
  },
];

test.concurrent.for(CASES)(
  "the checker finds a worker with $bug",
  { timeout: LIMIT_MS },
  async ({ bug, options, broken }, { onTestFinished }) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "handoff-chaos-"));
    const runs = runChaos(["--out", folder, "--bug", bug, "--seed", "5", ...options.split(" ")]);
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

const waiting: (() => void)[] = [];
let atOnce = 0;

/** Runs chaos once few enough other runs are going on. */
function runChaos(options: readonly string[]) {
  const stopped = new AbortController();
  const run = async (): Promise<{ code: number; text: string }> => {
    if (atOnce >= MOST_RUNS_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else atOnce++;
    try {
      return await execute(options, stopped.signal);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else atOnce--;
    }
  };
  return { ended: run(), stop: () => stopped.abort() };
}

function execute(options: readonly string[], signal: AbortSignal): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...options], { signal }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr });
    });
  });
}
