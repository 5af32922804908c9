import { expect, it } from "vitest";
import { redactQuotes } from "../../../../shared/json/quotes.ts";
import type { Json } from "../../../../shared/contract/any-json.ts";

const PAYLOAD: Json = {
  email: "anna@example.com",
  name: "Anna",
  code: "DE",
  amount: 125_000,
  address: { lines: ["12 Long Street, New Haven", 'a "quoted" one'] },
  note: "A note that goes on for long enough to be quoted in parts by a parser's message.",
};

it.each([
  ["a whole text", "no account anna@example.com", "no account [payload]"],
  ["a short one that stands whole", "'Anna' is unknown, Annabel isn't", "'[payload]' is unknown, Annabel isn't"],
  ["a number", "125000 exceeds the limit of 1250000", "[payload] exceeds the limit of 1250000"],
  ["a value in a list", "can't find 12 Long Street, New Haven!", "can't find [payload]!"],
  [
    "a part of a long text, as JSON.parse quotes one",
    `Unexpected token 'A', "A note that"... is not valid JSON near ...to be quoted in...`,
    `Unexpected token 'A', "[payload]"... is not valid JSON near ...[payload]...`,
  ],
  ["several values side by side", "Anna anna@example.com", "[payload] [payload]"],
  ["JSON with its fields' names", '{"email":"anna@example.com"}', '{"email":"[payload]"}'],
])("leaves out %s", (_, text, kept) => {
  expect(redactQuotes(text, PAYLOAD)).toBe(kept);
});

it.each([
  ["its fields' names", "Cannot read properties of undefined (reading 'address')"],
  ["texts of three characters or fewer", "DE is no region"],
  ["short stretches in common", "a note about long text"],
])("keeps %s", (_, text) => {
  expect(redactQuotes(text, PAYLOAD)).toBe(text);
});

it.each(["anna@example.com", "+49 30 1234567", "4242424242424242", "DE89 3704"])(
  "leaves out %s, which is no field's name though an object has a field of that name",
  (key) => {
    const payload = { shares: { [key]: 1 } };
    expect(redactQuotes(`Cannot read properties of undefined (reading '${key}')`, payload)).toBe(
      "Cannot read properties of undefined (reading '[payload]')",
    );
  },
);

it("keeps the names of fields, whatever they look like, and the positions in lists", () => {
  const text = "no content-type, $ref or größe2 at 1000";
  const payload = { "content-type": 1, $ref: 1, größe2: 1, list: Array.from({ length: 1_001 }, () => 0) };
  expect(redactQuotes(text, payload)).toBe(text);
});

it.each([null, true, "", 0, [], {}])("keeps a text whatever it says when the payload is %j", (payload) => {
  expect(redactQuotes("null true 0 [] {}", payload)).toBe("null true 0 [] {}");
});

it("finds a part of ten characters wherever it begins in the value", () => {
  const value = Array.from({ length: 40 }, (_, n) => String.fromCodePoint(0x4e00 + n)).join("");
  for (let at = 0; at + 10 <= value.length; at++) {
    const quote = value.slice(at, at + 10);
    expect(redactQuotes(`<${quote}>`, [value])).toBe("<[payload]>");
  }
});

it("removes the whole text if it has too much in common with the payload to be searched", () => {
  expect(
    redactQuotes(
      "abcd ".repeat(100),
      Array.from({ length: 20_000 }, () => "abcd"),
    ),
  ).toBe("[payload]");
});

it("removes from a real error what JSON.parse quotes", () => {
  for (const broken of ['{"card": 4242424242424242, "holder": Anna Miller}', "Anna Miller, 12 Long Street"]) {
    let message = "";
    try {
      JSON.parse(broken);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("Anna");
    expect(redactQuotes(message, { body: broken })).not.toMatch(/Anna|4242/);
  }
});
