import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MAIN = path.resolve(import.meta.dirname, "main.ts");
const run = promisify(execFile);

/** Small runs. known-bugs.test.ts shows that a bug is found. */
test.for([
  ["outbox", "--transactions 20 --batch 4 --rolled-back 6 --undisturbed 4 --tick-seconds 3"],
  ["replay", "--letters 30 --tick-seconds 3"],
  ["cancels", "--cancels 3"],
] as const)("all promises are kept by: kills %s", { timeout: 240_000 }, async ([what, options]) => {
  const { stdout } = await run(process.execPath, [MAIN, what, ...options.split(" ")]);

  expect(stdout.trimEnd().split("\n").at(-1)).toBe("all promises were kept");
});
