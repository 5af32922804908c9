import { expect, it } from "vitest";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { setUpConsole } from "../../../harness/console/console-harness.ts";

type Console = Awaited<ReturnType<typeof setUpConsole>>;

const WEBHOOK = {
  type: "webhook.deliver",
  as: "fields",
  "made-up-key": "form-1",
  "payload.url": "https://example.com/hook",
  "payload.event": "order.paid",
  "payload.data": '{"order": 7}',
} as const;

async function sentPayloads({ producer }: Console, queue: string): Promise<unknown[]> {
  const tasks = await producer.queuedTasks(queue);
  return tasks.map(({ httpRequest }) => {
    const body: { readonly payload: unknown } = JSON.parse(Buffer.from(httpRequest?.body ?? "").toString());
    return body.payload;
  });
}

it("lists the types to choose from", async () => {
  const { get } = await setUpConsole();
  const page = await get("/enqueue");
  expect(page.status).toBe(200);
  expect(page.links).toContain("/enqueue?type=webhook.deliver");
});

it("asks for each field of a type's payload", async () => {
  const { get } = await setUpConsole();
  const page = await get("/enqueue?type=webhook.deliver");
  expect(page.valuesOf("name")).toEqual(
    expect.arrayContaining(["payload.url", "payload.event", "payload.data", "delay", "time", "key"]),
  );
  expect(page.main).toContain("event Text, 1 to 200 characters.");
});

it("enqueues what was typed, and leads to the task", async () => {
  const console = await setUpConsole();
  const done = await console.post("/enqueue", WEBHOOK);
  const [task] = await console.producer.queuedTasks("default");
  expect(done).toMatchObject({ status: 303, location: `/tasks/${task?.name?.split("/").at(-1)}` });
  expect(decodeURIComponent(done.headers.getSetCookie().join())).toContain("Enqueued webhook.deliver: task ");
  expect(await sentPayloads(console, "default")).toEqual([
    { url: "https://example.com/hook", event: "order.paid", data: { order: 7 } },
  ]);
});

it("creates one task from a form that is submitted twice", async () => {
  const console = await setUpConsole();
  const [first, second] = [await console.post("/enqueue", WEBHOOK), await console.post("/enqueue", WEBHOOK)];
  expect(second.location).toBe(first.location);
  expect(await sentPayloads(console, "default")).toHaveLength(1);
});

it("enqueues another payload of the same form as another task once that is confirmed", async () => {
  const console = await setUpConsole();
  await console.post("/enqueue", WEBHOOK);
  const changed = { ...WEBHOOK, "payload.event": "order.sent" };
  const asked = await console.post("/enqueue", changed);
  expect(asked.status).toBe(409);
  expect(asked.main).toContain("This form has enqueued a task already, with another payload.");
  const [, key = ""] = /name="made-up-key" value="([^"]+)"/.exec(asked.html) ?? [];
  expect(await sentPayloads(console, "default")).toHaveLength(1);
  expect(await console.post("/enqueue", { ...changed, "made-up-key": key })).toMatchObject({ status: 303 });
  expect(await sentPayloads(console, "default")).toHaveLength(2);
});

it("refuses a delay together with a time in the form's own words, and sends nothing", async () => {
  const console = await setUpConsole();
  const page = await console.post("/enqueue", { ...WEBHOOK, delay: "5", time: "2030-01-31T08:00:00Z" });
  expect(page.status).toBe(400);
  expect(page.main).toContain("can't be combined with a time: give one of the two");
  expect(await sentPayloads(console, "default")).toEqual([]);
});

it("uses the key that was typed", async () => {
  const console = await setUpConsole();
  const { body } = await console.producer.enqueue(
    { type: "webhook.deliver", payload: { url: "https://example.com/hook", event: "order.paid", data: { order: 7 } } },
    "order-7",
  );
  expect(await console.post("/enqueue", { ...WEBHOOK, key: "order-7" })).toMatchObject({
    location: `/tasks/${body.id}`,
  });
});

it("says beside the key that it was used before, and if it is malformed", async () => {
  const console = await setUpConsole();
  await console.post("/enqueue", { ...WEBHOOK, key: "order-7" });
  const reused = await console.post("/enqueue", { ...WEBHOOK, key: "order-7", "payload.event": "order.sent" });
  expect(reused.status).toBe(409);
  expect(reused.html).toMatch(/id="key:wrong"[^>]*><span>was used before for a different payload/);
  const wrong = await console.post("/enqueue", { ...WEBHOOK, key: "order 7" });
  expect(wrong.status).toBe(400);
  expect(wrong.html).toMatch(/id="key:wrong"[^>]*><span>must be 1 to 255 visible ASCII characters/);
  expect(await sentPayloads(console, "default")).toHaveLength(1);
});

it.each(["0x10", "1e3", "-5", "soon"])("refuses the delay %s beside its field, and sends nothing", async (delay) => {
  const console = await setUpConsole();
  const page = await console.post("/enqueue", { ...WEBHOOK, delay });
  expect(page.status).toBe(400);
  expect(page.html).toContain("must be a number of seconds in digits, such as 90");
  expect(page.valuesOf("value")).toContain(delay);
  expect(console.producer.calls("CreateTask")).toBe(0);
});

it("enqueues for later, after a delay or at a time", async () => {
  const console = await setUpConsole();
  const later = new Date(Date.now() + 86_400_000).toISOString();
  await console.post("/enqueue", { ...WEBHOOK, time: later });
  await console.post("/enqueue", { ...WEBHOOK, "made-up-key": "form-2", delay: "86400" });
  const due = (await console.producer.queuedTasks("default")).map(({ scheduleTime }) => Number(scheduleTime?.seconds));
  for (const seconds of due) expect(Math.abs(seconds - Date.parse(later) / 1_000)).toBeLessThan(60);
});

it("shows the producer's problems beside their fields, and keeps what was typed", async () => {
  const console = await setUpConsole();
  const page = await console.post("/enqueue", {
    ...WEBHOOK,
    "payload.url": "ftp://example.com",
    "payload.event": "",
    time: "yesterday",
  });
  expect(page.status).toBe(400);
  const besides = (name: string): string =>
    new RegExp(`id="${name}:wrong"[^>]*>(.*?)</div>`, "s").exec(page.html)?.[1] ?? "";
  expect(besides("payload\\.url")).toContain("must be an http or https URL");
  expect(besides("payload\\.event")).not.toBe("");
  expect(besides("time")).toContain("must be an RFC 3339 time");
  expect(besides("payload\\.data")).toBe("");
  expect(page.valuesOf("value")).toEqual(expect.arrayContaining(["ftp://example.com", "yesterday", "form-1"]));
  expect(page.valuesOf("aria-invalid")).toHaveLength(3);
  expect(page.main).toContain("Nothing was enqueued. Correct the marked fields.");
  expect(await sentPayloads(console, "default")).toEqual([]);
});

it("shows a text again with all of its line breaks, of which HTML drops the first", async () => {
  const { post } = await setUpConsole();
  const fields = { type: "document.publish", as: "fields", "payload.documentId": "d", "payload.version": "x" };
  const page = await post("/enqueue", { ...fields, "payload.content": "\r\n first\r\n" });
  expect(page.html).toMatch(/<textarea[^>]*name="payload.content"[^>]*>\n\r?\n first\r?\n<\/textarea>/);
});

it("shows a check across fields, such as two that must differ, beside the field", async () => {
  const console = await setUpConsole();
  const fields = { type: "ledger.transfer", as: "fields", "payload.from": "alice", "payload.to": "alice" };
  const page = await console.post("/enqueue", { ...fields, "payload.amount": "1" });
  expect(page.status).toBe(400);
  expect(page.html).toMatch(/id="payload\.to:wrong"[^>]*>\s*<span>must be another account than from/);
});

it.each([
  ["9007199254740993", "is a number that a double can&#39;t hold unchanged: send it as text"],
  ["1e400", "is a number beyond the range of a double"],
  ["12,5", "must be a number, such as 12 or 0.5"],
  ["0x10", "must be a number, such as 12 or 0.5"],
])("never rounds a number: %s is refused beside its field", async (typed, message) => {
  const console = await setUpConsole();
  const fields = { type: "ledger.transfer", as: "fields", "payload.from": "alice", "payload.to": "bob" };
  const page = await console.post("/enqueue", { ...fields, "payload.amount": typed });
  expect(page.status).toBe(400);
  expect(page.html).toContain(`id="payload.amount:wrong"><span>${message}`);
  expect(page.valuesOf("value")).toContain(typed);
  expect(console.producer.calls("CreateTask")).toBe(0);
});

it("accepts the whole payload as JSON, and names a problem by its path", async () => {
  const console = await setUpConsole();
  const json = '{"url":"https://example.com/hook","event":"order.paid","data":{"n":1e2,"n":2}}';
  const refused = await console.post("/enqueue", { ...WEBHOOK, as: "json", json });
  expect(refused.status).toBe(400);
  expect(refused.main).toContain("data.n is a duplicate: leave one out");
  expect(refused.html).toContain("&quot;n&quot;:1e2,&quot;n&quot;:2");

  const done = await console.post("/enqueue", { ...WEBHOOK, as: "json", json: json.replace(',"n":2', "") });
  expect(done.status).toBe(303);
  expect(await sentPayloads(console, "default")).toEqual([
    { url: "https://example.com/hook", event: "order.paid", data: { n: 100 } },
  ]);
});

it("switches between fields and JSON without losing anything", async () => {
  const { post } = await setUpConsole();
  const asJson = await post("/enqueue", { ...WEBHOOK, delay: "90", do: "as-json" });
  expect(asJson.status).toBe(200);
  expect(asJson.main).toContain('"event": "order.paid"');
  expect(asJson.valuesOf("value")).toEqual(expect.arrayContaining(["json", "form-1", "90"]));
  const json = '{"url":"https://example.com/","event":"e","data":[1]}';
  const asFields = await post("/enqueue", { ...WEBHOOK, as: "json", json, do: "as-fields" });
  expect(asFields.valuesOf("value")).toEqual(expect.arrayContaining(["fields", "https://example.com/", "e"]));

  const more = '{"url":"https://example.com/","event":"e","data":1,"more":true}';
  const kept = await post("/enqueue", { ...WEBHOOK, as: "json", json: more, do: "as-fields" });
  expect(kept.status).toBe(400);
  expect(kept.main).toContain("can't be shown as fields without a change");
  expect(kept.main).toContain(more);
});

it("shows a viewer why there is no button, and the producer's refusal of the form", async () => {
  const console = await setUpConsole({ person: ACCOUNTS.viewer });
  const page = await console.get("/enqueue?type=webhook.deliver");
  expect(page.main).toContain("Your role may not create tasks.");
  const refused = await console.post("/enqueue", WEBHOOK);
  expect(refused.status).toBe(403);
  expect(refused.main).toContain("which may not create tasks");
  expect(refused.valuesOf("value")).toContain("order.paid");
  expect(console.producer.calls("CreateTask")).toBe(0);
});

it("says that a type doesn't exist", async () => {
  const { get, post } = await setUpConsole();
  for (const page of [await get("/enqueue?type=%3Cb%3E"), await post("/enqueue", { type: "<b>" })]) {
    expect(page.status).toBe(404);
    expect(page.main).toContain("There is no task type <b>");
    expect(page.html).not.toContain("<b>.");
  }
});
