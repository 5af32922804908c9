import * as fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { anyCase } from "./differential/arbitrary/cases.ts";
import { newSession } from "./differential/execute.ts";
import { KNOWN_DIFFERENCES, knownDifference } from "./differential/known-differences.ts";
import { type Comparison, playCase } from "./differential/comparison.ts";
import { connect } from "./differential/wire-client.ts";
import { GOOGLES_JAR, type Target, googles, ours } from "./support/targets.ts";

/** How many cases to run. For more: `SEED=1 CASES=5000 npx vitest run packages/emulators/test/contract/firestore/differential.test.ts`. */
const CASES = Number(process.env["CASES"] ?? 120);

/** Fixed by default, so that nobody's change is stopped by a difference that was there before. */
const SEED = Number(process.env["SEED"] ?? 1);

/** The path that fast-check prints for a counterexample. With its seed, only that case runs. */
const CASE_PATH = process.env["CASE_PATH"];

const START_MS = 60_000;
const CASE_MS = 2_000;

/** This many cases should show every known difference. */
const MANY_CASES = 2_000;

const isInstalled = GOOGLES_JAR !== null;

describe.skipIf(!isInstalled)("our emulator and Google's", () => {
  it(
    "respond alike to random operations, except for known differences",
    async () => {
      process.stdout.write(`Random operations on two emulators: SEED=${SEED} CASES=${CASES}\n`);
      const [mine, others] = await Promise.all([open(ours), open(googles)]);
      const seen = new Map(KNOWN_DIFFERENCES.map(({ name }) => [name, 0]));
      let runs = 0;
      let operations = 0;

      await fc.assert(
        fc.asyncProperty(anyCase(), async (wholeCase) => {
          runs += 1;
          const sessions = { ours: newSession(mine, `${runs}`), theirs: newSession(others, `${runs}`) };
          const outcome = await playCase(wholeCase, sessions);
          operations += outcome.operations;
          for (const comparison of outcome.differences) {
            const known = knownDifference(comparison);
            if (!known) throw new Error(describeDifference(comparison));
            seen.set(known.name, (seen.get(known.name) ?? 0) + 1);
          }
        }),
        { seed: SEED, numRuns: CASES, ...(CASE_PATH === undefined ? {} : { path: CASE_PATH }) },
      );

      process.stdout.write(`${operations} operations in ${runs} cases, known differences: ${summaryOf(seen)}\n`);
      expect(operations).toBeGreaterThan(CASE_PATH === undefined ? CASES : 0);
    },
    START_MS + CASES * CASE_MS,
  );
});

async function open(target: Target): Promise<ReturnType<typeof connect>> {
  const running = await target.start();
  const client = connect(running.address);
  onTestFinished(async () => {
    client.close();
    await running.stop();
  });
  return client;
}

function describeDifference({ operation, ours, theirs }: Comparison): string {
  const results = [ours, theirs].map(({ code, message, replies }) => `${code} ${message} ${JSON.stringify(replies)}`);
  return [
    "The emulators differ in an unknown way.",
    `operation: ${JSON.stringify(operation)}`,
    `ours:      ${results[0]}`,
    `Google's:  ${results[1]}`,
  ].join("\n");
}

function summaryOf(seen: ReadonlyMap<string, number>): string {
  const never = [...seen].filter(([, times]) => times === 0).map(([name]) => name);
  const counts = [...seen].filter(([, times]) => times > 0).map(([name, times]) => `\n  ${times} × ${name}`);
  const missed = CASES >= MANY_CASES && never.length > 0 ? `\n  never seen: ${never.join("; ")}` : "";
  return counts.join("") + missed;
}
