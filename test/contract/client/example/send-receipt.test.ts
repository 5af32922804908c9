import fs from "node:fs";
import path from "node:path";
import { createClient } from "handoff-client";
import { expect, test } from "vitest";
import { registry } from "../../handlers/examples/tasks/index.ts";
import { setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { receiptState } from "./find-receipt.ts";
import { createReceipts } from "./send-receipt.ts";

const DOCUMENT = fs.readFileSync(path.resolve(import.meta.dirname, "../../../../docs/client.md"), "utf8");

test("the document's examples are these, from a project with the package", () => {
  const [sent = "", found] = ["send-receipt.ts", "find-receipt.ts"].map((name) =>
    fs.readFileSync(path.join(import.meta.dirname, name), "utf8"),
  );
  const expected = sent.replace(/import type \{ registry \}.*\n/, "").replace("<typeof registry>", "");
  const blocks = [...DOCUMENT.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
  expect(blocks).toEqual([expected, found]);
});

test("a receipt is sent once, and can be stopped until then", async () => {
  const producer = await setUpProducer({ registry });
  const receipts = createReceipts(producer.url);

  const id = await receipts.send("7", "ann@example.com");
  expect(await receipts.send("7", "ann@example.com")).toBe(id);
  expect(await producer.queuedTasks("default")).toHaveLength(1);

  const handoff = createClient({ url: producer.url });
  expect(await receiptState(handoff, { orderId: "7", caller: "local" })).toBe("queued");
  expect(await receipts.stop(id)).toBe(true);
  expect(await receiptState(handoff, { orderId: "7", caller: "local" })).toBe("cancelled");
  const sent = await receipts.send("8", "bob@example.com");
  await producer.writeRecord(sent, { type: "receipt.send" });
  expect(await receipts.stop(sent)).toBe(false);
});
