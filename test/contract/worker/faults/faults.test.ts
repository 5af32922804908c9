import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, type TestContext, test } from "vitest";
import { COMPILE_CACHE } from "../../../../services/local/compile-cache.ts";
import { USE_BUNDLED } from "../../../../services/local/dependencies/bundled.ts";
import { TASK_RECORDS, parseTaskRecord } from "../../../../shared/records/task-record.ts";
import { DEAD_LETTERS } from "../../../../shared/records/letters/dead-letter.ts";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";
import { type FAULTS, faultyClaim, faultyNatural, faultyTransaction } from "./faulty-handlers.ts";

const PATIENCE = { timeout: 100_000 };
const PROGRAM = path.join(import.meta.dirname, "worker.ts");
const KINDS = { claim: faultyClaim, natural: faultyNatural, transaction: faultyTransaction };

interface Line {
  readonly message: string;
  readonly port?: number;
  readonly fault?: string;
  readonly isCounted?: boolean;
  readonly "logging.googleapis.com/labels"?: { readonly taskId: string };
}

/** Workers whose handlers leave faults, all with one Firestore. */
async function setup({ onTestFinished }: TestContext) {
  // Not for its worker, but for its Firestore, keys and token.
  const harness = await setUpWorker(() => [], { onTestFinished: (cleanUp) => onTestFinished(cleanUp) });

  async function startWorker(environment: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [...USE_BUNDLED, PROGRAM], {
      env: {
        ...COMPILE_CACHE,
        METADATA_SERVER_DETECTION: "none",
        GOOGLE_CLOUD_PROJECT: "handoff-test",
        OIDC_CERTS_URL: harness.keyServer.url,
        FIRESTORE_EMULATOR_HOST: `${harness.emulator.host}:${harness.emulator.port}`,
        ...environment,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const lines: Line[] = [];
    const listening = Promise.withResolvers<number>();
    createInterface(child.stdout).on("line", (text) => {
      const line: Line = JSON.parse(text);
      lines.push(line);
      if (line.port) listening.resolve(line.port);
    });
    const ended = once(child, "close").then(() => child.exitCode);
    const port = await listening.promise;
    // The client's modules take long to load on a busy machine.
    const isReady = () =>
      fetch(`http://127.0.0.1:${port}/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    if (!environment["FAULT"]) await expect.poll(isReady, PATIENCE).toBe(true);
    return {
      child,
      lines,
      ended,
      faults: () => lines.filter(({ fault }) => fault !== undefined),
      /** The response's status; "none" if the process died first. */
      deliver: (task: Envelope, retryCount = 0): Promise<number | "none"> =>
        fetch(`http://127.0.0.1:${port}/tasks/${task.type}`, {
          method: "POST",
          headers: { ...harness.headersOf(task), "x-cloudtasks-taskretrycount": String(retryCount) },
          body: JSON.stringify(task),
        }).then(
          ({ status }) => status,
          () => "none",
        ),
    };
  }
  return {
    startWorker,
    recordOf: async ({ id }: Envelope) =>
      parseTaskRecord((await harness.db.collection(TASK_RECORDS).doc(id).get()).data()),
    lettersOf: async () => (await harness.db.collection(DEAD_LETTERS).get()).docs.map((letter) => letter.data()),
  };
}

type After = "succeed" | "succeed soon" | "wait and succeed" | "wait and throw" | "hang";

function taskOf(
  kind: keyof typeof KINDS,
  fault: keyof typeof FAULTS,
  after: After = "wait and throw",
  together = 1,
): Envelope {
  return sealTask(KINDS[kind], { fault, after, together });
}

const CODES: readonly (readonly [keyof typeof FAULTS, string])[] = [
  ["a promise", "unhandled_rejection"],
  ["an async function", "unhandled_rejection"],
  ["a timer", "uncaught_exception"],
  ["a microtask", "uncaught_exception"],
  ["an emitter without a listener", "uncaught_exception"],
  ["a stream", "uncaught_exception"],
  ["undefined instead of an error", "unhandled_rejection"],
  ["an error whose getters throw", "unhandled_rejection"],
  ["a proxy that throws", "unhandled_rejection"],
  ["ten megabytes", "unhandled_rejection"],
  ["half a surrogate pair", "unhandled_rejection"],
  ["its own cause", "unhandled_rejection"],
  ["several in a row", "uncaught_exception"],
];

test("each fault fails the attempt that caused it, even if all occur at once, and the worker exits with 1", async (context) => {
  const { startWorker, recordOf } = await setup(context);
  const worker = await startWorker();
  const culprits = CODES.map(([fault]) => taskOf("claim", fault, "wait and throw", CODES.length));

  const statuses = await Promise.all(culprits.map((task) => worker.deliver(task)));
  expect(statuses).toEqual(culprits.map(() => 500));
  expect(await worker.ended).toBe(1);

  const records = await Promise.all(culprits.map(recordOf));
  expect(records.map(({ state, attempts, lastError }) => [state, attempts, lastError?.code])).toEqual(
    CODES.map(([, code]) => ["waiting", 1, code]),
  );
  const blamed = worker.faults().filter(({ isCounted }) => isCounted);
  const ids = blamed.map((line) => line["logging.googleapis.com/labels"]?.taskId);
  expect(new Set(ids)).toEqual(new Set(culprits.map(({ id }) => id)));
  expect(worker.lines.at(-1)?.message).toBe("stopped");
});

const KINDS_AND_ENDS: readonly (readonly [keyof typeof KINDS, After])[] = [
  ["claim", "wait and succeed"],
  ["natural", "wait and throw"],
  ["natural", "wait and succeed"],
  ["natural", "hang"],
  ["transaction", "wait and throw"],
  ["transaction", "wait and succeed"],
  ["transaction", "hang"],
];

test("a fault counts whatever its kind and however its handler goes on, and uses up no neighbour's attempt", async (context) => {
  const { startWorker, recordOf } = await setup(context);
  const worker = await startWorker();
  const all = KINDS_AND_ENDS.length + 2;
  const finishing = taskOf("claim", "nothing", "succeed soon", all);
  const stopped = taskOf("claim", "nothing", "wait and throw", all);
  const culprits = KINDS_AND_ENDS.map(([kind, after]) => taskOf(kind, "a timer", after, all));

  const neighbours = Promise.all([worker.deliver(finishing), worker.deliver(stopped)]);
  const statuses = await Promise.all(culprits.map((task) => worker.deliver(task)));
  expect(statuses).toEqual(culprits.map(() => 500));
  expect(await neighbours).toEqual([200, 503]);
  expect(await worker.ended).toBe(1);

  for (const culprit of culprits) {
    expect(await recordOf(culprit)).toMatchObject({
      state: "waiting",
      attempts: 1,
      lastError: { code: "uncaught_exception", message: "Outside the handler, TypeError was thrown." },
    });
  }
  expect(await recordOf(finishing)).toMatchObject({ state: "succeeded", attempts: 1 });
  expect(await recordOf(stopped)).toMatchObject({ state: "waiting", attempts: 0, lastError: null });
  expect(worker.lines.at(-1)?.message).toBe("stopped");
});

test("a task that always causes a fault is a dead letter after its attempts", async (context) => {
  const { startWorker, recordOf, lettersOf } = await setup(context);
  const task = taskOf("claim", "a promise");
  const statuses: unknown[] = [];
  for (let retry = 0; retry < 2; retry++) {
    const worker = await startWorker();
    statuses.push(await worker.deliver(task, retry));
    await worker.ended;
  }

  expect(statuses).toEqual([500, 200]);
  expect(await recordOf(task)).toMatchObject({
    state: "dead",
    attempts: 2,
    lastError: { code: "unhandled_rejection" },
  });
  expect(await lettersOf()).toMatchObject([{ taskId: task.id, attempts: 2 }]);
});

test("a handler's success stands if it had returned before the fault", async (context) => {
  const { startWorker, recordOf } = await setup(context);
  const worker = await startWorker();
  const task = taskOf("claim", "a promise", "succeed");

  expect(await worker.deliver(task)).toBe(200);
  expect(await worker.ended).toBe(1);

  expect(await recordOf(task)).toMatchObject({ state: "succeeded", attempts: 1 });
});

test("a fault after the response counts no attempt, and its line still names the task", async (context) => {
  const { startWorker, recordOf } = await setup(context);
  const worker = await startWorker();
  const task = taskOf("claim", "a promise after the response", "succeed");

  expect(await worker.deliver(task)).toBe(200);
  expect(await worker.ended).toBe(1);

  expect(await recordOf(task)).toMatchObject({ state: "succeeded", attempts: 1 });
  expect(worker.faults()).toMatchObject([{ isCounted: false, "logging.googleapis.com/labels": { taskId: task.id } }]);
});

test("a promise belongs to the task that created it, whatever rejects it", async (context) => {
  const { startWorker, recordOf } = await setup(context);
  const worker = await startWorker();
  const culprit = taskOf("claim", "a promise that another task rejects");
  const other = taskOf("claim", "another task's promise", "wait and succeed");
  const blamed = worker.deliver(culprit);
  await expect.poll(() => recordOf(culprit).catch(() => null), PATIENCE).toMatchObject({ state: "running" });

  const helped = worker.deliver(other);

  expect([await blamed, await helped]).toEqual([500, 200]);
  expect(await worker.ended).toBe(1);
  expect(await recordOf(culprit)).toMatchObject({ state: "waiting", attempts: 1 });
  expect(await recordOf(other)).toMatchObject({ state: "succeeded", attempts: 1 });
});

test("a fault of no task stops the worker, and no attempt is counted", async (context) => {
  const { startWorker } = await setup(context);
  const worker = await startWorker({ FAULT: "a timer" });

  expect(await worker.ended).toBe(1);

  expect(worker.faults()).toMatchObject([{ fault: "uncaught-exception", isCounted: false }]);
  expect(worker.faults()[0]).not.toHaveProperty("logging.googleapis.com/labels");
  expect(worker.lines.at(-1)?.message).toBe("stopped");
});

test("endless faults neither cut the drain short nor keep it from ending", async (context) => {
  const { startWorker, recordOf } = await setup(context);
  const worker = await startWorker();
  const neighbour = taskOf("claim", "nothing", "wait and succeed", 2);
  const finishing = worker.deliver(neighbour);
  const culprit = taskOf("claim", "a timer that never ends", "wait and throw", 2);

  expect(await worker.deliver(culprit)).toBe(500);
  expect(await finishing).toBe(200);
  expect(await worker.ended).toBe(1);

  expect(await recordOf(neighbour)).toMatchObject({ state: "succeeded", attempts: 1 });
  expect(worker.faults()).toHaveLength(100);
});

test("a fault after SIGTERM leaves the exit code 0", async (context) => {
  const { startWorker, recordOf } = await setup(context);
  const worker = await startWorker();
  const task = taskOf("claim", "a promise after the response", "wait and throw");
  const answer = worker.deliver(task);
  await expect.poll(() => recordOf(task).catch(() => null), PATIENCE).toMatchObject({ state: "running" });

  worker.child.kill("SIGTERM");
  worker.child.kill("SIGTERM");

  expect(await answer).toBe(500);
  expect(await worker.ended).toBe(0);
  expect(await recordOf(task)).toMatchObject({ state: "waiting", attempts: 1 });
});
