import { expect, it } from "vitest";
import { googleConsole } from "../../../../services/producer/http/google-console.ts";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { CLAIMED } from "../../../harness/producer/producer-harness.ts";
import { QUEUES_PATH } from "../../../harness/producer/producer-queues.ts";
import { deployTestQueues } from "../../../harness/registry/test-queues.ts";

const stateOf = async ({ producer }: Awaited<ReturnType<typeof setUpConsole>>, name: string) =>
  (await producer.admin.getQueue({ name: `${QUEUES_PATH}/${name}` }))[0].state;

it("shows a queue's state, with its types and actions", async () => {
  const { producer, get } = await setUpConsole();
  await producer.enqueue(CLAIMED);
  const page = await get("/queues/default");
  expect(page.status).toBe(200);
  expect(page.main).toContain("Queue default paused");
  expect(page.main).toMatch(/Tasks 1 by Cloud Tasks' estimate/);
  expect(page.main).toContain("0 of at most 1,000 at once");
  expect(page.main).toContain("500/s now, 500/s configured");
  expect(page.links).toEqual(
    expect.arrayContaining(["/queues/default/tasks", "/queues/default/purge", "/task-types/webhook.deliver"]),
  );
  expect(page.actions).toContain("/queues/default/resume");
  expect(page.actions).not.toContain("/queues/default/pause");
  expect(page.liveSeconds).toBe(5);
});

it("shows each shard, with a link to Google's console", async () => {
  const queues = deployTestQueues(
    (key) => `${key}-2`,
    (key) => `${key}-3`,
  );
  const { get } = await setUpConsole({
    producer: {
      twice: ["default"],
      console: googleConsole({ project: "handoff-test", location: "europe-west1", queues }),
    },
  });
  const page = await get("/queues/default");
  expect(page.main).toMatch(/default-2 .*default-3 /);
  const google = page.links.filter((link) => link.startsWith("https://console.cloud.google.com/cloudtasks/queue/"));
  expect(google.map((link) => /\/(default-\d)\//.exec(link)?.[1])).toEqual(["default-2", "default-2", "default-3"]);
});

it("pauses and resumes a queue, and says so", async () => {
  const console = await setUpConsole({ producer: { delivering: true } });
  const paused = await console.act("/queues/default/pause");
  expect(paused.text).toContain("Paused default.");
  expect(paused.actions).toContain("/queues/default/resume");
  expect(await stateOf(console, "default-2")).toBe("PAUSED");

  const resumed = await console.act("/queues/default/resume");
  expect(resumed.text).toContain("Resumed default.");
  expect(await stateOf(console, "default-2")).toBe("RUNNING");
});

it("lists the existing queues in place of an unknown one", async () => {
  const { get, post } = await setUpConsole();
  for (const page of [await get("/queues/none"), await get("/queues/none/tasks"), await post("/queues/none/pause")]) {
    expect(page.status).toBe(404);
    expect(page.main).toContain("The queues are critical, default, bulk.");
  }
});

it("offers a viewer no action, and shows the producer's refusal of each", async () => {
  const console = await setUpConsole({ person: ACCOUNTS.viewer });
  const page = await console.get("/queues/default");
  expect(page.status).toBe(200);
  expect(page.actions.filter((action) => action.startsWith("/queues/"))).toEqual([]);
  expect(page.links).not.toContain("/queues/default/purge");
  for (const action of ["pause", "resume", "purge"]) {
    const refused = await console.post(`/queues/default/${action}`, { queue: "default" });
    expect(refused.status).toBe(403);
    expect(refused.main).toContain("which may not pause, resume or purge queues");
  }
  expect(await stateOf(console, "default-2")).toBe("PAUSED");
  expect(console.producer.calls("PurgeQueue") + console.producer.calls("ResumeQueue")).toBe(0);
});
