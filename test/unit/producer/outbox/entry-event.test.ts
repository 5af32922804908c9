import { expect, test } from "vitest";
import { entryIdOf } from "../../../../services/producer/outbox/entry-event.ts";

const CREATED = "google.cloud.firestore.document.v1.created";
const ID = "0123456789abcdef0123456789abcdef-default.0123456789abcdef";

function idOf(document: string, type = CREATED): string | undefined {
  return entryIdOf(new Headers({ "ce-type": type, "ce-document": document }), "app_taskOutbox");
}

test.each([
  `documents/app_taskOutbox/${ID}`,
  `app_taskOutbox/${ID}`,
  `/documents/app_taskOutbox/${ID}`,
  `projects/p/databases/(default)/documents/app_taskOutbox/${ID}`,
  `//firestore.googleapis.com/projects/p/databases/orders/documents/app_taskOutbox/${ID}`,
  `documents/app%5FtaskOutbox/${ID.replace(".", "%2e")}`,
  `projects/p/databases/%28default%29/documents/app_taskOutbox/${ID}`,
])("finds the entry's id in %s", (document) => {
  expect(idOf(document)).toBe(ID);
});

test.each([
  ["documents/app_taskOutbox/100%", "100%"],
  ["documents/app_taskOutbox/100%25", "100%"],
  ["documents/app_taskOutbox/%C3%A9 b", "é b"],
  ["documents/app_taskOutbox/7", "7"],
])("accepts any id that a document can have: %s", (document, id) => {
  expect(idOf(document)).toBe(id);
});

test.each([
  "",
  "documents",
  "documents/taskOutbox/x",
  "documents/app_taskOutbox",
  "documents/app_taskOutbox/",
  "documents/app_taskOutbox/x/children/y",
  "documents/tenants/t/app_taskOutbox/x",
  "documents/app_taskOutbox/a%2Fb/c",
  "documents/app_taskOutbox/.",
  "documents/app_taskOutbox/..",
  "documents/app_taskOutbox/__x__",
  `documents/app_taskOutbox/${"x".repeat(1_501)}`,
  "documents/documents/app_taskOutbox/x",
])("finds no entry in %j", (document) => {
  expect(idOf(document)).toBeUndefined();
});

test("finds the id in the subject if the document's header is missing", () => {
  const headers = new Headers({ "ce-type": CREATED, "ce-subject": `documents/app_taskOutbox/${ID}` });
  expect(entryIdOf(headers, "app_taskOutbox")).toBe(ID);
});

test("finds no entry in an event of another kind", () => {
  expect(idOf(`documents/app_taskOutbox/${ID}`, "google.cloud.storage.object.v1.finalized")).toBeUndefined();
  expect(idOf(`documents/app_taskOutbox/${ID}`, "google.cloud.firestore.document.v1.written")).toBe(ID);
  expect(entryIdOf(new Headers({ "ce-type": CREATED }), "app_taskOutbox")).toBeUndefined();
});
