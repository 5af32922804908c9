import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { type ProducerHarness, CLAIMED, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { QUEUES_PATH } from "../../../harness/producer/producer-queues.ts";
import { commitTask, relay } from "../../../harness/producer/outbox-tasks.ts";

const LATER = "2035-01-01T00:00:00.000Z";

const show = async (producer: ProducerHarness, path: string) => JSON.parse((await producer.send(path)).text);

test("a queue's tasks are listed page by page through all shards, in Cloud Tasks' form", async () => {
  const producer = await setUpProducer({ twice: ["default"] });
  const { id } = (await producer.enqueue({ ...CLAIMED, delaySeconds: 60 })).body;
  const hop = await commitTask(producer, CLAIMED, { hop: 2, notBefore: LATER, parentId: "p", replayOf: "l" });
  expect(await relay(producer, hop.entryId)).toBe("relayed");
  const parent = `${QUEUES_PATH}/default-3`;
  const httpRequest = { url: "https://elsewhere.example/tasks/secret", headers: { "Handoff-Caller": "x" } };
  await producer.admin.createTask({ parent, task: { name: `${parent}/tasks/theirs`, httpRequest } });

  const reads = producer.calls("BatchGetDocuments");
  const items: unknown[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages === 0 || cursor !== undefined; pages++) {
    expect(pages).toBeLessThan(10);
    const page = await show(producer, `/v1/queues/default/tasks?limit=1${cursor ? `&cursor=${cursor}` : ""}`);
    expect(page.items.length).toBeLessThanOrEqual(1);
    items.push(...page.items);
    cursor = page.nextCursor;
  }

  const time = expect.stringMatching(/^20\d\d-.+Z$/);
  expect(items).toHaveLength(3);
  expect(items).toEqual(
    expect.arrayContaining([
      {
        id,
        type: CLAIMED.type,
        state: "scheduled",
        createdAt: time,
        scheduleTime: time,
        dispatchCount: 0,
        caller: "local",
        links: { self: `/v1/tasks/${id}` },
      },
      {
        id: hop.id,
        type: CLAIMED.type,
        state: "scheduled",
        createdAt: time,
        scheduleTime: LATER,
        dispatchCount: 0,
        caller: "local",
        parent: "p",
        replayOf: "l",
        links: { self: `/v1/tasks/${hop.id}` },
      },
      { id: "theirs", state: "queued", createdAt: time, scheduleTime: time, dispatchCount: 0, links: {} },
    ]),
  );
  expect(producer.calls("BatchGetDocuments")).toBe(reads);
  expect(await show(producer, "/v1/queues/bulk/tasks")).toEqual({ items: [] });
});

test("an invalid cursor and an unknown query parameter are refused with what is wrong", async () => {
  const producer = await setUpProducer();
  for (const delaySeconds of [60, 61]) await producer.enqueue({ ...CLAIMED, delaySeconds });
  const { nextCursor: cursor } = await show(producer, "/v1/queues/default/tasks?limit=1");
  const lists = producer.calls("ListTasks");
  const problemsOf = async (path: string) => {
    const { status: code, body } = await producer.send(path);
    return [code, body.problems.map((problem) => problem.path)];
  };

  expect(await problemsOf(`/v1/queues/bulk/tasks?cursor=${cursor}`)).toEqual([400, ["cursor"]]);
  expect(await problemsOf("/v1/queues/default/tasks?cursor=nowhere")).toEqual([400, ["cursor"]]);
  expect(await problemsOf("/v1/queues/default/tasks?limit=0&state=queued")).toEqual([400, ["state", "limit"]]);
  expect(await problemsOf("/v1/queues/default/tasks?limit=1&limit=2")).toEqual([400, ["limit"]]);
  expect(await problemsOf("/v1/queues/default/tasks?limit=101")).toEqual([400, ["limit"]]);
  expect(producer.calls("ListTasks")).toBe(lists);

  const expired = { rpc: "ListTasks", when: "before-effect", answer: { status: status.INVALID_ARGUMENT } } as const;
  void producer.tasksProxy.inject(expired);
  expect(await problemsOf(`/v1/queues/default/tasks?cursor=${cursor}`)).toEqual([400, ["cursor"]]);
});
