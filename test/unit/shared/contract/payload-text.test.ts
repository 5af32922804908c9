import { expect, it } from "vitest";
import * as z from "zod";
import { anyJson } from "../../../../shared/contract/any-json.ts";
import { payloadTextOf } from "../../../../shared/contract/new-task/payload-text.ts";

const ANY = { type: "a.b", payload: anyJson };

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

it("is the payload as JSON, and its hash", () => {
  // printf '%s' '{"a":"é","b":[1,null,true]}' | sha256sum
  expect(payloadTextOf(ANY, { b: [1, null, true], c: undefined, a: "é" })).toEqual({
    json: '{"b":[1,null,true],"a":"é"}',
    hash: "f5327588d116d2e7d05b8bdb3b2e4206bf3a739b14becbeb6c588ef347651ad5",
  });
});

it("is checked as the handler will see it, and kept as it was given", () => {
  const type = { type: "a.b", payload: z.object({ n: z.number().default(7), left: z.string().optional() }) };

  expect(payloadTextOf(type, { left: undefined, more: 1 }).json).toBe('{"more":1}');
});

it.each<[string, unknown, string]>([
  ["no payload", undefined, "payload is missing"],
  ["a missing item", { list: [1, undefined] }, "payload.list.1 is missing"],
  ["not a number", { n: Number.NaN }, "payload.n is NaN, which JSON doesn't have"],
  ["an infinite number", [Number.NEGATIVE_INFINITY], "payload.0 is -Infinity"],
  ["a bigint", { n: 1n }, "payload.n is a bigint"],
  ["a function", { f: () => 1 }, "payload.f is a function"],
  ["a symbol", { s: Symbol("x") }, "payload.s is a symbol"],
  ["a date", { at: new Date(0) }, "payload.at is an instance of Date"],
  ["a map", { map: new Map() }, "payload.map is an instance of Map"],
  ["an object that writes itself", { a: { toJSON: () => 1 } }, "payload.a is an instance of Object"],
  ["half a surrogate pair", { text: ["\ud800"] }, "payload.text.0 has unpaired surrogates"],
  ["a field that no field may be named", JSON.parse('{"__proto__":1}'), "payload.__proto__ is a name"],
  ["too many levels", nested(64), "payload.0.0.0"],
  ["too many values", Array.from({ length: 33_000 }, () => 1), "payload has more than 33000 JSON values"],
  ["too many bytes", "x".repeat(300_000), "payload has more than 262144 bytes"],
])("is refused with %s", (_, payload, problem) => {
  expect(() => payloadTextOf(ANY, payload)).toThrow(`The payload is not one of a.b: ${problem}`);
});

it("is refused if it contains itself", () => {
  const loop: unknown[] = [];
  loop.push(loop);
  expect(() => payloadTextOf(ANY, loop)).toThrow("is nested more than 64 levels deep");
});

it("lists a hundred problems at most", () => {
  const list = Array.from({ length: 1_000 }, () => Number.NaN);
  expect(() => payloadTextOf(ANY, list)).toThrow(/^(?:[^;]*;){99}[^;]*$/);
});

it("is refused at once if it contains itself twice", () => {
  const tangled: Record<string, unknown> = {};
  tangled["left"] = tangled;
  tangled["right"] = tangled;
  expect(() => payloadTextOf(ANY, tangled)).toThrow(/^(?:[^;]*levels deep;){99}[^;]*$/);
});
