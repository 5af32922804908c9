import { describe, expect, it } from "vitest";
import { type ReplayRequest, decideReplay } from "../../../../services/producer/dead-letters/decide-replay.ts";
import {
  type ReplayableLetter,
  isLetterId,
  parseLetter,
} from "../../../../services/producer/dead-letters/read-letter.ts";
import { hashPayload } from "../../../../shared/contract/payload-hash.ts";
import { deriveTaskId } from "../../../../shared/contract/task-id.ts";
import { TEST_REGISTRY } from "../../../harness/registry/test-registry.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const LETTER_ID = `${"a".repeat(32)}-default`;
const payload = { url: "https://example.com/hook", event: "order.paid", data: { order: 7 } };
const rules = { types: TEST_REGISTRY.types, maxPayloadBytes: 1_000, nowMs: NOW };
const idOf = (n: number) => deriveTaskId(["replay", LETTER_ID, String(n)], { queue: "default", idempotency: "claim" });

const letter = (fields: Partial<ReplayableLetter> = {}): ReplayableLetter => ({
  id: LETTER_ID,
  status: "open",
  type: "webhook.deliver",
  payload,
  payloadHash: hashPayload(payload),
  caller: "shop@example.com",
  replays: 0,
  replayKeys: [],
  ...fields,
});

const decide = (of: ReplayableLetter, request: Partial<ReplayRequest> = {}) =>
  decideReplay(of, { by: "ops@example.com", again: false, ...request }, rules);

const REPLAYED = { status: "replayed", replays: 2, replayedAs: idOf(2) } as const;
const KEYS = [{ key: "k", id: idOf(1) }];

describe("replaying a letter", () => {
  it("creates a task that belongs to its caller and names the letter", () => {
    const decision = decide(letter(), { traceparent: "00-a" });
    expect(decision).toMatchObject({ kind: "replay", id: idOf(1), payloadHash: hashPayload(payload) });
    expect(decision).toHaveProperty("transition", {
      kind: "replay",
      letterId: LETTER_ID,
      by: "ops@example.com",
      replays: 1,
      replayKeys: [],
      entry: {
        taskId: idOf(1),
        type: "webhook.deliver",
        payloadJson: JSON.stringify(payload),
        origin: ["replay", LETTER_ID, "1"],
        caller: "shop@example.com",
        enqueuedAt: "2026-01-01T12:00:00.000Z",
        hop: 0,
        replayOf: LETTER_ID,
        traceparent: "00-a",
      },
    });
  });

  it.each<[string, Partial<ReplayableLetter>, Partial<ReplayRequest>, object]>([
    ["a replayed letter's task is returned", REPLAYED, {}, { kind: "replayed", id: idOf(2) }],
    ["an unknown key alone makes no other", REPLAYED, { key: "new" }, { kind: "replayed", id: idOf(2) }],
    ["again makes another", REPLAYED, { again: true, key: "new" }, { kind: "replay", id: idOf(3) }],
    [
      "a known key's task is returned",
      { ...REPLAYED, replayKeys: KEYS },
      { again: true, key: "k" },
      { kind: "replayed", id: idOf(1) },
    ],
    [
      "a known key's task is returned though the letter is open again",
      { ...REPLAYED, status: "open", replayKeys: KEYS },
      { key: "k" },
      { kind: "replayed", id: idOf(1) },
    ],
    ["a letter that is open again makes another", { ...REPLAYED, status: "open" }, {}, { kind: "replay", id: idOf(3) }],
    [
      "a replayed letter needs no payload",
      { ...REPLAYED, payload: undefined, type: "no.more" },
      {},
      { kind: "replayed" },
    ],
    [
      "another payload is noted",
      {},
      { payload: { ...payload, event: "e" } },
      { transition: { otherPayload: hashPayload({ ...payload, event: "e" }) } },
    ],
    ["a lost payload can be sent", { payload: undefined }, { payload }, { kind: "replay" }],
    ["a lost payload must be sent", { payload: undefined }, {}, { kind: "payload-omitted" }],
    ["its type must be known", { type: "constructor" }, {}, { kind: "unknown-type", type: "constructor" }],
    ["its name must fit", { id: "x".repeat(201) }, {}, { kind: "unfit-name" }],
    ["its name must be printable", { id: "a\0b" }, {}, { kind: "unfit-name" }],
    ["its payload must fit", {}, { payload: { ...payload, data: "x".repeat(1_000) } }, { kind: "payload-too-large" }],
    ["its payload must be valid", { payload: {} }, {}, { kind: "invalid-payload" }],
  ])("%s", (_, fields, request, expected) => {
    expect(decide(letter(fields), request)).toMatchObject(expected);
  });

  it("doesn't record the same payload with other spaces and another order", () => {
    const same = { data: { order: 7 }, event: "order.paid", url: "https://example.com/hook" };
    expect(decide(letter(), { payload: same })).not.toHaveProperty("transition.otherPayload");
  });

  it("creates another task if the letter died at another time", () => {
    const died = (diedAt: string) => decide(letter({ diedAt }));
    const first = died("2026-01-01T00:00:00.000Z");
    const origin = ["replay", LETTER_ID, "1 2026-01-01T00:00:00.000Z"] as const;
    expect(first).toMatchObject({ id: deriveTaskId(origin, { queue: "default", idempotency: "claim" }) });
    expect(died("2026-01-01T00:00:00.001Z")).not.toMatchObject({ id: Reflect.get(first, "id") });
  });

  it("keeps the last 20 keys", () => {
    const replayKeys = Array.from({ length: 20 }, (_, n) => ({ key: `k${n}`, id: idOf(n) }));
    const decision = decide(letter({ ...REPLAYED, replayKeys }), { again: true, key: "new" });
    expect(decision).toHaveProperty("transition.replayKeys", [...replayKeys.slice(1), { key: "new", id: idOf(3) }]);
  });
});

it("reads letters of earlier revisions, and ignores malformed fields of a replay", () => {
  const old = { type: "a.b", payloadJson: "[1]", payloadHash: "h", replays: "x", replayKeys: 7, more: true };
  expect(parseLetter("l", old)).toEqual({
    id: "l",
    status: "open",
    type: "a.b",
    payload: [1],
    payloadHash: "h",
    replays: 0,
    replayKeys: [],
  });
  expect(parseLetter("l", { ...old, payloadJson: "null", payloadOmitted: true })).toMatchObject({ payload: undefined });
  expect(parseLetter("l", {})).toBeUndefined();
  expect(parseLetter("l", { ...old, payloadJson: "{" })).toBeUndefined();
});

it.each<[string, boolean]>([
  [LETTER_ID, true],
  [`${LETTER_ID}.h3`, true],
  ["", false],
  ["a/b", false],
  [".", false],
  ["..", false],
  ["__x__", false],
  ["\ud800", false],
  ["é".repeat(751), false],
])("%j can be a letter's id: %s", (text, expected) => {
  expect(isLetterId(text)).toBe(expected);
});
