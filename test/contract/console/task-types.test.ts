import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { registry } from "../../../shared/tasks/index.ts";
import { setUpConsole } from "../../harness/console/console-harness.ts";
import { LETTER, letterOf } from "../../harness/producer/letters.ts";

const run = promisify(execFile);

it("lists the types, with the dead letters of each", async () => {
  const { producer, get } = await setUpConsole();
  await producer.letters().doc(LETTER).set(letterOf(LETTER));
  const page = await get("/task-types");
  expect(page.status).toBe(200);
  expect(page.main).toContain("webhook.deliver default claim 30 s 15 1 Enqueue one");
  expect(page.main).toContain("document.publish bulk natural 20 s 10 none Enqueue one");
  expect(page.links).toEqual(
    expect.arrayContaining([
      "/task-types/webhook.deliver",
      "/dead-letters?type=webhook.deliver",
      "/enqueue?type=webhook.deliver",
    ]),
  );
});

it("shows how tasks of a type run, and their payload", async () => {
  const { get } = await setUpConsole();
  const page = await get("/task-types/ledger.transfer");
  expect(page.status).toBe(200);
  expect(page.main).toContain("transaction : its effects are Firestore writes");
  expect(page.main).toContain("10 s for each attempt");
  expect(page.main).toContain("amount whole number required More than 0.");
  expect(page.main).toContain("from text required Matches ^[a-z]+$.");
  expect(page.links).toEqual(expect.arrayContaining(["/queues/critical", "/enqueue?type=ledger.transfer"]));
  const schema = await get("/task-types/ledger.transfer/schema");
  expect(JSON.parse(schema.html)).toMatchObject({ type: "object", required: ["from", "to", "amount"] });
});

it("lists the existing types in place of an unknown one", async () => {
  const { get } = await setUpConsole();
  const page = await get(`/task-types/${encodeURIComponent("<script>alert(1)</script>")}`);
  expect(page.status).toBe(404);
  expect(page.main).toContain("There is no task type <script>alert(1)</script>");
  expect(page.html).not.toContain("<script>alert");
  expect(page.links).toContain("/task-types/webhook.deliver");
});

it("shows curl commands that work for every type that has an example", async () => {
  const { producer, get } = await setUpConsole({ producer: { registry } });
  for (const type of registry.types.keys()) {
    const page = await get(`/task-types/${type}`);
    const [cli, curl] = page.valuesOf("data-copy").filter((text) => /^(npx|curl) /.test(text));
    expect(cli).toContain(`npx handoff enqueue ${type} --url ${producer.url} --payload '`);
    const { stdout } = await run("sh", ["-c", String(curl)]);
    expect(stdout).toContain("202 Accepted");
  }
});
