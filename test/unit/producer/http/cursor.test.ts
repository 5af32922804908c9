import { expect, it } from "vitest";
import * as z from "zod";
import { cursorOf, readCursor } from "../../../../services/producer/http/cursor.ts";

const place = z.strictObject({ at: z.string(), id: z.string() });
const PLACE = { at: "2030-01-31T08:00:00.000000001Z", id: "\u0000é/😀" };
const LIST = ["letters", { status: "open", type: "mail.send" }];

it("leads back to its place, whatever the order of the filter's fields, and needs no escapes in a URL", () => {
  const cursor = cursorOf(PLACE, LIST);
  expect(cursor).toMatch(/^[\w-]+$/);
  expect(readCursor(cursor, { list: ["letters", { type: "mail.send", status: "open" }], place })).toEqual(PLACE);
});

it.each([
  ["another filter", cursorOf(PLACE, ["letters", { status: "open" }])],
  ["another list", cursorOf(PLACE, ["queues", LIST[1]])],
  ["a place of another form", cursorOf({ at: 1 }, LIST)],
  ["nothing", ""],
  ["text that isn't base64url", `${cursorOf(PLACE, LIST)}=`],
  ["text with a space", ` ${cursorOf(PLACE, LIST)}`],
  ["a part of a cursor", cursorOf(PLACE, LIST).slice(0, -4)],
  ["other JSON", Buffer.from('{"at":1}').toString("base64url")],
])("is invalid if it is %s", (_, cursor) => {
  expect(readCursor(cursor, { list: LIST, place })).toBeUndefined();
});
