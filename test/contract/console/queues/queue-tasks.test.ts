import { expect, it } from "vitest";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { CLAIMED } from "../../../harness/producer/producer-harness.ts";
import { QUEUES_PATH } from "../../../harness/producer/producer-queues.ts";

it("lists what is in a queue, with links to the tasks", async () => {
  const { producer, get } = await setUpConsole();
  const scheduleTime = new Date(Date.now() + 3_600_000).toISOString();
  const { body } = await producer.enqueue({ ...CLAIMED, scheduleTime });
  const page = await get("/queues/default/tasks");
  expect(page.status).toBe(200);
  expect(page.links).toContain(`/tasks/${body.id}`);
  expect(page.main).toMatch(/webhook\.deliver scheduled in (59 min|1 h) 0 – local/);
  expect(page.valuesOf("datetime")).toEqual([scheduleTime]);
  expect(page.main).toContain("in Cloud Tasks' own order: the list can't be sorted or filtered");
  expect(page.liveSeconds).toBe(5);
});

it("leads through a queue page by page, and only the first page refreshes itself", async () => {
  const { producer, get } = await setUpConsole();
  const sent = await Promise.all(Array.from({ length: 60 }, () => producer.enqueue(CLAIMED)));
  const seen = new Set<string>();
  let next: string | undefined = "/queues/default/tasks";
  for (let pages = 0; next !== undefined && pages < 10; pages++) {
    const page = await get(next);
    expect(page.liveSeconds).toBe(pages === 0 ? 5 : undefined);
    for (const link of page.links) if (link.startsWith("/tasks/")) seen.add(link);
    next = page.links.find((link) => link.includes("cursor="));
  }
  expect(seen).toEqual(new Set(sent.map(({ body }) => `/tasks/${body.id}`)));
});

it("asks Cloud Tasks once for all tabs that show the first page", async () => {
  const { producer, get } = await setUpConsole();
  await get("/queues/default/tasks");
  const once = producer.calls("ListTasks");
  await Promise.all(Array.from({ length: 10 }, () => get("/queues/default/tasks")));
  expect(producer.calls("ListTasks")).toBe(once);
});

it("shows a task that Handoff didn't enqueue without a link", async () => {
  const { producer, get } = await setUpConsole();
  const parent = `${QUEUES_PATH}/default-2`;
  const task = { name: `${parent}/tasks/foreign`, httpRequest: { url: "https://example.com/" } };
  await producer.admin.createTask({ parent, task });
  const page = await get("/queues/default/tasks");
  expect(page.main).toContain("foreign");
  expect(page.links).not.toContain("/tasks/foreign");
});

it("shows how to fill an empty queue", async () => {
  const { producer, get } = await setUpConsole();
  const page = await get("/queues/default/tasks");
  expect(page.main).toContain("Nothing is queued here.");
  expect(page.main).toContain(`npx handoff enqueue webhook.deliver --url ${producer.url}`);
});

it("shows the producer's message about an invalid cursor", async () => {
  const { get } = await setUpConsole();
  const page = await get("/queues/default/tasks?cursor=%3Cscript%3E");
  expect(page.status).toBe(400);
  expect(page.main).toContain("cursor");
  expect(page.html).not.toContain("<script>");
});
