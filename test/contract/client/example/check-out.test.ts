import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { prefixedCollections } from "../../../../shared/records/collections.ts";
import { registry } from "../../handlers/examples/tasks/index.ts";
import { setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { connectToEmulator } from "../../../harness/firestore/connect-to-emulator.ts";
import { createCheckOut } from "./check-out.ts";

const DOCUMENT = fs.readFileSync(path.resolve(import.meta.dirname, "../../../../docs/outbox.md"), "utf8");

const blocksOf = (language: string): string[] =>
  [...DOCUMENT.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, code = ""]) => code);

test("the document's example is this one, from the application's own repository", () => {
  const text = fs.readFileSync(path.join(import.meta.dirname, "check-out.ts"), "utf8");
  const expected = text.replace("../../handlers/examples/tasks/", "../shared/tasks/");
  expect(blocksOf("ts")).toEqual([expected]);
});

test("an order is paid once and its receipt enqueued once, by the producer that the client calls", async () => {
  const producer = await setUpProducer({ registry });
  const db = connectToEmulator(producer.recordsProxy);
  await db.doc("orders/7").set({ email: "ann@example.com", paid: false });
  const checkOut = createCheckOut({ db, url: producer.url });

  await Promise.all([checkOut("7"), checkOut("7")]);
  await expect.poll(async () => (await producer.queuedTasks("default")).length).toBe(1);

  expect((await db.doc("orders/7").get()).get("paid")).toBe(true);
  await expect.poll(async () => (await db.collection("taskOutbox").get()).size).toBe(0);
  await db.terminate();
});

test("the document's rules deny each of Handoff's collections by name", () => {
  const [rules = ""] = blocksOf("txt");
  for (const name of [...Object.values(prefixedCollections("")), "taskSchedules"]) expect(rules).toContain(`"${name}"`);
});
