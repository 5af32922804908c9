import { expect, test } from "vitest";
import { withLaterFields } from "../../../../shared/contract/envelope.ts";
import { deriveTaskId, parseTaskId } from "../../../../shared/contract/task-id.ts";
import { forEachConcurrently } from "../../../../shared/process/for-each-concurrently.ts";
import { entryFields, hopEntry, isEntryId, parseEntry, shardOf, taskIdOf } from "../../../../shared/outbox/entry.ts";
import { dueTime, sealEntry } from "../../../../shared/outbox/seal-entry.ts";

const TASK_ID = deriveTaskId(["outbox", "a.b", "key"], { queue: "default", idempotency: "natural" });
const NOW_MS = Date.UTC(2026, 4, 1);
const DAY_MS = 24 * 60 * 60_000;

const FIELDS = {
  type: "a.b",
  payloadJson: "{}",
  origin: ["outbox", "a.b", "key"],
  enqueuedAt: "2026-05-01T00:00:00.000Z",
};

test("a written entry reads as the same", () => {
  const entry = {
    taskId: TASK_ID,
    type: "a.b",
    payloadJson: '{"a":1}',
    origin: ["outbox", "a.b", "key"] as const,
    caller: "shop@example.com",
    enqueuedAt: "2026-05-01T00:00:00.000Z",
    notBefore: "2026-05-02T00:00:00.000Z",
    hop: 0,
    parentId: "parent",
    replayOf: "letter",
    traceparent: "00-a-b-01",
  };
  const id = `${TASK_ID}.0123456789abcdef`;

  expect(parseEntry(id, entryFields(entry))).toEqual({ ...entry, id });
});

test("a hop's entry contains its envelope's fields, and no origin", () => {
  const envelope = {
    id: TASK_ID,
    type: "a.b",
    payload: { a: [1] },
    payloadHash: "h",
    enqueuedAt: "2026-05-01T00:00:00.000Z",
    hop: 1,
    hopAt: "2026-05-01T00:00:00.000Z",
    parentId: "parent",
  };
  const entry = hopEntry(envelope, { hop: 2, notBefore: null });

  expect(entryFields(entry)).toMatchObject({ hop: 2, payloadJson: '{"a":[1]}', parentId: "parent", queue: "default" });
  expect(Object.keys(entryFields(entry))).not.toEqual(expect.arrayContaining(["origin"]));
  expect(entryFields(entry)).not.toHaveProperty("notBefore");
});

test.each([
  ["a", 10],
  ["0", 0],
  ["f0", 15],
  ["g", 0],
  ["", 0],
  ["é", 0],
  ["-1", 0],
])("the entry %j is in shard %i of the outbox", (id, shard) => {
  expect(shardOf(id)).toBe(shard);
});

test.each(["", ".", "x.y", TASK_ID, `.${TASK_ID}`, `${TASK_ID}/.h1`, `${TASK_ID}-h1.h2`])("%j names no task", (id) => {
  expect(taskIdOf(id)).toBeUndefined();
});

test("the entries of the first hop and of a later one name their task", () => {
  expect(taskIdOf(`${TASK_ID}.h12`)).toBe(TASK_ID);
  expect(taskIdOf(`${TASK_ID}.0123456789abcdef`)).toBe(TASK_ID);
});

test.each([
  [`${TASK_ID}.h1`, true],
  [`${TASK_ID}.h1000000000`, true],
  [`${TASK_ID}.0123456789abcdef`, true],
  [`${TASK_ID}.h0`, false],
  [`${TASK_ID}.h12345678901`, false],
  [`${TASK_ID}.0123456789ABCDEF`, false],
  [`${TASK_ID}.0123456789abcdef\n`, false],
  [`${TASK_ID}./h1`, false],
  [`${TASK_ID}.`, false],
  [TASK_ID, false],
])("%j is an entry's id by its form: %s", (text, expected) => {
  expect(isEntryId(text)).toBe(expected);
});

test("times are read in UTC, and years of more than four digits are refused", () => {
  const read = (enqueuedAt: string) => parseEntry(`${TASK_ID}.x`, { ...FIELDS, enqueuedAt })?.enqueuedAt;
  expect(read("2026-05-01T02:00:00+02:00")).toBe("2026-05-01T00:00:00.000Z");
  expect(read("2026-05-01T00:00:00.123456789Z")).toBe("2026-05-01T00:00:00.123Z");
  expect(read("9999-12-31T23:59:59-01:00")).toBeUndefined();
  expect(read("0000-01-01T00:00:00+01:00")).toBeUndefined();
});

test("Cloud Tasks holds a task for 29 days at most, and delivers at once what is due", () => {
  const due = (aheadMs: number) => {
    const entry = { ...FIELDS, taskId: TASK_ID, origin: undefined, hop: 0 };
    const at = dueTime({ entry: { ...entry, notBefore: new Date(NOW_MS + aheadMs).toISOString() } }, NOW_MS);
    return at === undefined ? undefined : at - NOW_MS;
  };
  expect([due(-1), due(0), due(1), due(29 * DAY_MS), due(29 * DAY_MS + 1), due(3_652 * DAY_MS)]).toEqual([
    undefined,
    undefined,
    1,
    29 * DAY_MS,
    29 * DAY_MS,
    29 * DAY_MS,
  ]);
});

test("an envelope has the time when its hop was put into its queue, and only the entry's fields", () => {
  const entry = { taskId: parseTaskId(TASK_ID) ?? TASK_ID, ...FIELDS, origin: undefined, hop: 0 };
  const sealed = sealEntry({ entry, payloadHash: "h" }, NOW_MS);

  expect(JSON.parse(sealed.text)).toEqual({
    id: TASK_ID,
    type: "a.b",
    payload: {},
    payloadHash: "h",
    enqueuedAt: "2026-05-01T00:00:00.000Z",
    hopAt: "2026-05-01T00:00:00.000Z",
  });
});

test("processes a list in order, and never more than the limit at once", async () => {
  const begun: number[] = [];
  let [running, most] = [0, 0];
  await forEachConcurrently([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    begun.push(item);
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  });

  expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
  await expect(forEachConcurrently([1, 2], 5, () => Promise.reject(new Error("No.")))).rejects.toThrow("No.");
});

test("unknown fields of a later revision's envelope are in the next hop's envelope, too", () => {
  const known = {
    id: TASK_ID,
    type: "a.b",
    payload: null,
    payloadHash: "a".repeat(64),
    enqueuedAt: "2026-05-01T00:00:00.000Z",
  };
  const unknown = { deep: [1, { deeper: [null] }], __later: "x" };
  const read = withLaterFields(known, { ...known, ...unknown });
  const fields = entryFields(hopEntry({ ...read, id: TASK_ID }, { hop: 2, notBefore: null }));

  const entry = parseEntry(`${TASK_ID}.h2`, fields);

  const sealed = entry && sealEntry({ entry, payloadHash: known.payloadHash }, NOW_MS);
  expect(JSON.parse(sealed?.text ?? "")).toEqual({ ...known, ...unknown, hop: 2, hopAt: "2026-05-01T00:00:00.000Z" });
});

test.each(["{", "1", '{"hop":7,"payload":1,"notBefore":"x"}', "[".repeat(30_000)])(
  "what isn't a later revision's adds nothing to an envelope, and breaks none: %.40s",
  (later) => {
    const entry = parseEntry(`${TASK_ID}.0123456789abcdef`, { ...FIELDS, later });
    expect(entry?.later ?? {}).toEqual({});
  },
);
