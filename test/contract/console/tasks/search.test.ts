import { expect, it } from "vitest";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { LETTER } from "../../../harness/producer/letters.ts";
import { CLAIMED, NATURAL } from "../../../harness/producer/producer-harness.ts";

it("leads from a task's id, and from an address that ends with one, to the task", async () => {
  const { get } = await setUpConsole();
  for (const text of [LETTER, ` ${LETTER} `, `http://localhost:8080/v1/tasks/${LETTER}?include=payload`]) {
    const response = await get(`/search?q=${encodeURIComponent(text)}`);
    expect([response.status, response.location]).toEqual([302, `/tasks/${LETTER}`]);
  }
});

it("leads from a task type to its page", async () => {
  const { get } = await setUpConsole();
  const response = await get("/search?q=webhook.deliver");
  expect([response.status, response.location]).toEqual([302, "/task-types/webhook.deliver"]);
});

it("asks whose a key is, and suggests the person", async () => {
  const { get } = await setUpConsole();
  const page = await get("/search?q=order-7");
  expect(page.status).toBe(200);
  expect(page.main).toContain("If it is an idempotency key, say which type it is for, and who enqueued the task.");
  expect(page.valuesOf("value")).toEqual(expect.arrayContaining(["order-7", "webhook.deliver", "local"]));
});

it("lists the types whose names contain the text", async () => {
  const { get } = await setUpConsole();
  expect((await get("/search?q=Webhook")).links).toContain("/task-types/webhook.deliver");
});

it("finds tasks by their keys, types and callers", async () => {
  const { producer, get } = await setUpConsole();
  for (const task of [CLAIMED, NATURAL]) {
    const { body } = await producer.enqueue(task, "order/7&8");
    const response = await get(`/search?q=order%2F7%268&type=${task.type}&caller=local`);
    expect([response.status, response.location]).toEqual([302, `/tasks/${body.id}`]);
  }
});

it("finds the task of an outbox entry by its key and type alone", async () => {
  const { producer, get } = await setUpConsole();
  // printf 'outbox\0webhook.deliver\0order-7' | sha256sum
  const id = "5095085b1c9cac28be6f805625b7d923-default";
  await producer.writeRecord(id);
  const response = await get("/search?q=order-7&type=webhook.deliver&caller=");
  expect([response.status, response.location]).toEqual([302, `/tasks/${id}`]);
});

it("says what was tried if nothing is found", async () => {
  const { get } = await setUpConsole();
  const page = await get("/search?q=order-7&type=webhook.deliver&caller=shop@example.com");
  expect(page.status).toBe(200);
  expect(page.main).toMatch(/requested by shop@example\.com: [0-9a-f]{32}-default/);
  expect(page.main).toMatch(/written into the outbox by an application: [0-9a-f]{32}-default/);
});

it.each([
  ["q=order-7&type=no.such", "There is no task type no.such"],
  ["q=order 7&type=webhook.deliver", "This can't be an idempotency key"],
  ["q=9f2c9f2c9f", "This may be the beginning of a task's id."],
  ["", "What can be found"],
])("says why %s leads nowhere", async (query, text) => {
  const { get } = await setUpConsole();
  const page = await get(`/search?${query}`);
  expect(page.status).toBe(200);
  expect(page.main).toContain(text);
});

it.each(["//evil.example", "https://evil.example", "/tasks/../..//evil.example", "javascript:alert(1)", "<b>x"])(
  "leads to no other site, and shows %s as text",
  async (text) => {
    const { get } = await setUpConsole();
    const page = await get(`/search?q=${encodeURIComponent(text)}&caller=${encodeURIComponent('"><img>')}`);
    expect(page.status).toBe(200);
    expect(page.location).toBeUndefined();
    expect(page.main).toContain(`Search: ${text}`);
    expect(page.tags.filter((tag) => tag === "b" || tag === "img")).toEqual([]);
  },
);
