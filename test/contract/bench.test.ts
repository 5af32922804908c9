import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { USE_BUNDLED } from "../../services/local/dependencies/bundled.ts";

const MAIN = path.resolve(import.meta.dirname, "../bench/main.ts");
const run = promisify(execFile);
/** All benchmarks, each in processes of its own, on a machine that runs other tests too. */
const LIMIT_MS = 300_000;

test("the benchmark runs and prints a figure for each thing that it measures", { timeout: LIMIT_MS }, async () => {
  const { stdout } = await run(process.execPath, [...USE_BUNDLED, MAIN, "--small"]);

  process.stdout.write(stdout);
  expect(stdout.trim().split("\n")).toEqual([
    expect.stringMatching(/^start-up: cloud-tasks in process, .* cold \d+ ms .* warm \d+ ms/),
    expect.stringMatching(/^start-up: firestore in process, .* cold \d+ ms .* warm \d+ ms/),
    expect.stringMatching(
      /^start-up: as a process, .* cloud-tasks \d+ ms, firestore \d+ ms from the bundle, .* Google's emulator is left/,
    ),
    expect.stringMatching(
      /^bundles: producer listening after \d+ ms from its bundle .* \d+ ms from its sources, ratio \d/,
    ),
    expect.stringMatching(
      /^bundles: worker listening after \d+ ms from its bundle .* \d+ ms from its sources, ratio \d/,
    ),
    expect.stringMatching(
      /^cold-starts: producer's first task created \d+ ms .*\(ratio [\d.]+.* \d+ MiB idle, \d+ MiB then/,
    ),
    expect.stringMatching(/^cold-starts: worker's first claimed delivery done \d+ ms .*\(ratio [\d.]+.* \d+ MiB idle/),
    expect.stringMatching(/^cold-starts: a bare Hono's first response \d+ ms after its start \(ratio 1\.0\)/),
    expect.stringMatching(
      /^firestore: transactions of one read and one write: \d+\/s at [\d.]+ ms of a processor each, Google's emulator is left out/,
    ),
    expect.stringMatching(/^firestore: the same, contended: \d+\/s at .*, Google's emulator is left out/),
    expect.stringMatching(
      /^histories: one document, .* \d+ µs .* at first, \d+ µs at last, \d+ ms in the longest step; \d+ MiB/,
    ),
    expect.stringMatching(
      /^histories: one document, updated 100 times .* \d+\/s applied and 0 refused, .* Google's emulator is left/,
    ),
    expect.stringMatching(/^cloud-tasks: \d+ tasks\/s created, \d+ tasks\/s dispatched/),
    expect.stringMatching(
      /^requests: POST \/v1\/tasks: \d+ µs .* \d+ µs with a token seen before .* \d+ µs with a new one/,
    ),
    expect.stringMatching(/^requests: the same with a new Idempotency-Key: \d+ µs/),
    expect.stringMatching(/^requests: first delivery of a claimed task: \d+ µs/),
    expect.stringMatching(
      /^payloads: 256 KiB of lists in lists: .* producer [\d.]+ ms, ratio [\d.]+, worker [\d.]+ ms/,
    ),
    expect.stringMatching(
      /^flood: 3 tasks of 256 KiB of lists in lists, .* 2 canaries .* \d+ ms in the worker, .* no restart/,
    ),
    expect.stringMatching(/^end-to-end: from the POST to the start of its handler, .* [\d.]+ ms \(median\), [\d.]+ ms/),
    expect.stringMatching(
      /^end-to-end: \d+ tasks\/s from 2 callers, [\d.]+ ms of a processor each: local [\d.]+, producer [\d.]+, worker/,
    ),
    ...Array.from({ length: 10 }, () =>
      expect.stringMatching(/^console: .*: first byte after \d+ ms \(median\), .* 60 queued tasks and 60 dead letters/),
    ),
    expect.stringMatching(/^console: the overview is [\d.]+ KB over the wire, its script [\d.]+ KB/),
    expect.stringMatching(/^console: ten tabs of the overview for 0\.05 min: .* \d+ MiB at first, \d+ MiB at last/),
    expect.stringMatching(/^compaction: with 100 stored tasks .* restarts in \d+ ms .* pauses for \d+ ms at most/),
    expect.stringMatching(
      /^compaction: with 100 stored task records the firestore .* restarts in \d+ ms .* pauses for \d+ ms/,
    ),
    expect.stringMatching(/^memory: the Cloud Tasks emulator has \d+ MiB resident with 100 tasks of 500 bytes/),
  ]);
});

test("a name selects a benchmark, and an unknown name is refused with a list of the known ones", async () => {
  const { stdout } = await run(process.execPath, [...USE_BUNDLED, MAIN, "--small", "memory"]);
  expect(stdout.trim().split("\n")).toEqual([expect.stringMatching(/^memory: /)]);

  await expect(run(process.execPath, [...USE_BUNDLED, MAIN, "--small", "memoir"])).rejects.toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^There is no benchmark memoir; there are start-up, .*memory, peers, growth\.\n$/),
  });
});
