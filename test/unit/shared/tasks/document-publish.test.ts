import { expect, it } from "vitest";
import { publishDocument } from "../../../../shared/tasks/document-publish.ts";

it("accepts a payload", () => {
  const payload = { documentId: "hello", version: 0, content: "" };
  expect(publishDocument.payload.safeParse(payload).data).toEqual(payload);
});

it.each([
  { documentId: "a/b", version: 1, content: "" },
  { documentId: "a\n", version: 1, content: "" },
  { documentId: "a", version: -1, content: "" },
  { documentId: "a", version: "1", content: "" },
])("refuses the payload %j", (payload) => {
  expect(publishDocument.payload.safeParse(payload).success).toBe(false);
});
