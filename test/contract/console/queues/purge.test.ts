import { expect, it } from "vitest";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { CLAIMED } from "../../../harness/producer/producer-harness.ts";

async function setUpFilled() {
  const console = await setUpConsole();
  for (const order of [1, 2, 3]) {
    await console.producer.enqueue({ ...CLAIMED, payload: { ...CLAIMED.payload, data: { order } } });
  }
  return console;
}

it("says what a purge removes before it asks for the queue's key", async () => {
  const { get } = await setUpFilled();
  const page = await get("/queues/default/purge");
  expect(page.status).toBe(200);
  expect(page.main).toContain("It holds 3 tasks now");
  expect(page.main).toContain("this can't be undone");
  expect(page.main).toContain("What is being delivered runs to its end.");
  expect(page.actions).toContain("/queues/default/purge");
  expect(page.links).toContain("/queues/default");
  expect(page.liveSeconds).toBeUndefined();
});

it.each(["", "bulk", "Default"])("removes nothing when %j is typed", async (typed) => {
  const { producer, post } = await setUpFilled();
  const page = await post("/queues/default/purge", { queue: typed });
  expect(page.status).toBe(409);
  expect(page.main).toContain("nothing was removed");
  expect(page.valuesOf("value")).toContain(typed);
  expect(producer.calls("PurgeQueue")).toBe(0);
  expect(await producer.queuedTasks("default")).toHaveLength(3);
});

it("removes every task, says how many there were, and logs who did it", async () => {
  const { producer, act, logged } = await setUpFilled();
  const page = await act("/queues/default/purge", { queue: "default" });
  expect(page.text).toContain("Purged default, which held about 3 tasks.");
  expect(page.main).toMatch(/Tasks 0 /);
  expect(await producer.queuedTasks("default")).toEqual([]);
  const done = logged.map((line): { did?: string; caller?: string } => JSON.parse(line)).filter(({ did }) => did);
  expect(done).toMatchObject([{ caller: "local", did: expect.stringContaining("Purged default") }]);
});
