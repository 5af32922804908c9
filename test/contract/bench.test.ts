import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MAIN = path.resolve(import.meta.dirname, "../bench/main.ts");

test("the benchmark runs and prints a figure for each thing that it measures", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, "--small"]);

  process.stdout.write(stdout);
  expect(stdout.trim().split("\n")).toEqual([
    expect.stringMatching(/^cloud-tasks: in-process start .* cold \d+ ms .* warm \d+ ms/),
    expect.stringMatching(/^firestore: in-process start .* cold \d+ ms .* warm \d+ ms/),
    expect.stringMatching(/^producer: listening after \d+ ms from its bundle .* \d+ ms from its sources, ratio \d/),
    expect.stringMatching(/^worker: listening after \d+ ms from its bundle .* \d+ ms from its sources, ratio \d/),
    expect.stringMatching(/^firestore: \d+ transactions\/s/),
    expect.stringMatching(/^cloud-tasks: \d+ tasks\/s created, \d+ tasks\/s dispatched/),
  ]);
});
