import { execFile } from "node:child_process";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { KNOWN_BUGS } from "../../chaos/bugs/known-bugs.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const MAIN = path.resolve(import.meta.dirname, "../../chaos/main.ts");
/** A bug that needs a lease to run out takes 25 s, on a machine that does nothing else. */
const LIMIT_MS = 150_000;

/** Faults that bring each bug out, with a promise that it breaks. */
const CASES = [
  {
    bug: "exists-means-duplicate",
    options: "--kinds claim --tasks 15 --hits 4 --faults commit-after-ABORTED",
    broken: "2xx only when it is durable",
  },
  {
    bug: "ok-while-running",
    options: "--kinds claim --tasks 15 --hits 3 --faults duplicate-at-once",
    broken: "2xx only when it is durable",
  },
  {
    bug: "early-expiry",
    options: "--kinds claim --tasks 15 --hits 2 --faults duplicate-after-success",
    broken: "one terminal state",
  },
  {
    bug: "effect-outside-transaction",
    options: "--kinds transaction --tasks 15 --hits 1 --faults commit-before-ABORTED",
    broken: "no task is lost",
  },
  {
    bug: "lease-by-local-clock",
    options: "--kinds claim --tasks 15 --hits 4 --faults clock-ahead",
    broken: "never two live owners",
  },
  {
    bug: "attempts-from-header",
    options: "--kinds claim --tasks 15 --hits 2 --faults kill",
    broken: "nobody dies early",
  },
  {
    bug: "unconditional-completion",
    options: "--kinds claim --tasks 60 --hits 1 --faults stop-long",
    broken: "one terminal state",
  },
];

test.each(CASES)(
  "the checker finds a worker with $bug",
  async ({ bug, options, broken }) => {
    const { code, text } = await runChaos(["--bug", bug, "--plain", "--seed", "5", ...options.split(" ")]);

    expect(text).toContain(`BROKEN ${broken}: `);
    expect(code).toBe(1);
  },
  LIMIT_MS,
);

test("every known bug has a run that finds it", () => {
  expect(CASES.map(({ bug }) => bug).toSorted()).toEqual(Object.keys(KNOWN_BUGS).toSorted());
});

test(
  "the checker finds nothing wrong with the worker as it is",
  async () => {
    const faults = "commit-after-ABORTED,duplicate-at-once,duplicate-after-success,clock-ahead";
    const options = ["--plain", "--kinds", "claim", "--seed", "5", "--tasks", "15", "--hits", "2", "--faults", faults];
    const { code, text } = await runChaos(options);

    expect(text).not.toContain("BROKEN");
    expect(text).toContain("all promises were kept");
    expect(code).toBe(0);
  },
  LIMIT_MS,
);

function runChaos(options: readonly string[]): Promise<{ code: number; text: string }> {
  const args = [MAIN, "--out", temporaryFolder(), ...options];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr });
    });
    onTestFinished(() => void child.kill());
  });
}
