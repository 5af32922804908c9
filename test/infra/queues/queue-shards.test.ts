import { expect, test } from "vitest";
import { OfflineCloud } from "../../../infra/preview/cloud/offline-cloud.ts";
import { runProgramOffline } from "../../../infra/preview/run-program.ts";
import { readExample } from "../../../infra/preview/stacks.ts";
import type { Shards } from "../../../shared/contract/queues.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { FIXTURE } from "../support/fixture-registry.ts";
import { makeProgram } from "../support/program.ts";
import { sharedHost } from "../support/host/shared-host.ts";

const SHARDS = "handoff/queue-shards";
const WORKS = { state: "CONDITION_SUCCEEDED" };
const QUEUE = "gcp:cloudtasks/queue:Queue";

/** Previews the dev stack with these shards of queue bulk, where a worker with these annotations is deployed, or none is. */
async function preview(shards: Shards | undefined, annotations?: Readonly<Record<string, string>>) {
  const { program, remove } = await makeProgram(
    `import { provision } from "${PROJECT_DIR}/infra/stack.ts";
     import { FIXTURE } from "${PROJECT_DIR}/test/infra/support/fixture-registry.ts";
     const shards = ${JSON.stringify(shards ?? null)};
     const bulk = { ...FIXTURE.queues.get("bulk"), ...(shards ? { shards } : {}) };
     await provision({ ...FIXTURE, queues: new Map([...FIXTURE.queues, ["bulk", bulk]]) });`,
  );
  const cloud = new OfflineCloud();
  if (annotations) cloud.services.set("handoff-dev-worker", { annotations, condition: WORKS });
  try {
    const example = readExample("dev", FIXTURE.settings);
    return await runProgramOffline({ stack: "dev", mode: "preview", ...example, program, cloud }, sharedHost);
  } finally {
    await remove();
  }
}

const deployed = (bulk: number) => ({ [SHARDS]: JSON.stringify({ critical: 1, default: 1, bulk }) });

test.each([
  [
    { now: 2 },
    deployed(4),
    "Queue bulk has 4 shards and would have 2: Pulumi would delete 2 of its queues in Cloud Tasks, with the tasks in them. " +
      'Set shards: { now: 2, before: 4 } in shared/tasks/queues.ts, and leave "before" there for 31 days.',
  ],
  [undefined, deployed(2), "Queue bulk has 2 shards and would have 1: Pulumi would delete 1 of its queues"],
  [{ now: 2, before: 3 }, deployed(4), "Set shards: { now: 2, before: 4 }"],
  [
    { now: 4 },
    deployed(1),
    "Queue bulk has 1 shard and would have 4: tasks in its old queues would not be found. " +
      "Set shards: { now: 4, before: 1 }",
  ],
])("a preview refuses shards that would lose tasks: %j after %j", async (shards, annotations, sentence) => {
  const run = await preview(shards, annotations);
  expect(run).toMatchObject({ succeeded: false });
  expect(run.output).toContain(sentence);
  expect(run.resources.filter(({ type }) => type === QUEUE)).toEqual([]);
});

test.each([
  ["none is deployed", { now: 4 }, undefined],
  ["it says how many there were", { now: 2, before: 4 }, deployed(4)],
  ["the change is over", { now: 4 }, deployed(4)],
  ["its queue is new", { now: 4 }, { [SHARDS]: '{"critical":1,"default":1}' }],
  ["an earlier version was deployed", undefined, {}],
  ["somebody else wrote the annotation", { now: 4 }, { [SHARDS]: "four" }],
])("a preview accepts shards when %s", async (_, shards, annotations) => {
  const run = await preview(shards, annotations);
  expect(run.output).toBe("");
  expect(run.succeeded).toBe(true);
});

test("each shard is a queue with its share, which both services may use", async () => {
  const { resources } = await preview({ now: 2, before: 3 }, deployed(3));
  const queues = resources.filter(({ type, name }) => type === QUEUE && name.includes("bulk"));
  expect(queues.map(({ name, inputs }) => [name, inputs["rateLimits"]])).toEqual([
    ["handoff-dev-bulk", { maxDispatchesPerSecond: 50 / 3, maxConcurrentDispatches: 7 }],
    ["handoff-dev-bulk-1", { maxDispatchesPerSecond: 50 / 3, maxConcurrentDispatches: 7 }],
    ["handoff-dev-bulk-2", { maxDispatchesPerSecond: 50 / 3, maxConcurrentDispatches: 6 }],
  ]);
  const grants = resources.map(({ name }) => name).filter((name) => /^(?:producer|worker)-.*bulk-2$/.test(name));
  expect(grants.toSorted()).toEqual(["producer-queue-bulk-2", "worker-queue-bulk-2"]);
  const worker = resources.find(({ name, type }) => name === "worker" && type.endsWith(":Service"));
  expect(JSON.stringify(worker?.inputs)).toContain(
    JSON.stringify(JSON.stringify({ critical: 1, default: 1, bulk: 2 })),
  );
});
