import { expect, it } from "vitest";
import { deliveryName, envelopeSchema, isEarly, sealEnvelope } from "../../../../shared/contract/envelope.ts";
import { parseTaskId } from "../../../../shared/contract/task-id.ts";

const ID = "0123456789abcdef0123456789abcdef-default";

/** The body of a task, spelled out. */
const WIRE = {
  id: ID,
  type: "webhook.deliver",
  payload: {},
  payloadHash: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  enqueuedAt: "2026-01-02T03:04:05.006Z",
};

function taskId() {
  const id = parseTaskId(ID);
  if (!id) throw new Error("The test's id is not one.");
  return id;
}

it("seals a payload with its hash and the time", () => {
  const task = { id: taskId(), type: "webhook.deliver", payload: {} };
  expect(sealEnvelope({ ...task, enqueuedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) })).toEqual(WIRE);
});

it("keeps the caller, the trace and the lineage of a task", () => {
  const lineage = {
    caller: "caller@example.com",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    replayOf: ID,
  };
  const task = { id: taskId(), type: "a", payload: {}, enqueuedAtMs: 0, ...lineage };
  expect(sealEnvelope(task)).toMatchObject(lineage);
  expect(envelopeSchema.safeParse({ ...WIRE, ...lineage }).data).toEqual({ ...WIRE, ...lineage });
});

it.each<[string, unknown]>([
  ["a string", "x"],
  ["null", null],
  ["deep", { a: [{ b: [null, true, 1.5] }] }],
])("reads an envelope whose payload is %s", (_name, payload) => {
  expect(envelopeSchema.safeParse({ ...WIRE, payload }).data).toEqual({ ...WIRE, payload });
});

it.each<[string, object]>([
  ["an id of another form", { id: "constructor" }],
  ["an id that is not a string", { id: 1 }],
  ["an empty type", { type: "" }],
  ["a type of 101 characters", { type: "a".repeat(101) }],
  ["no payload", { payload: undefined }],
  ["a short hash", { payloadHash: WIRE.payloadHash.slice(1) }],
  ["a hash in upper case", { payloadHash: WIRE.payloadHash.toUpperCase() }],
  ["a hash with a newline", { payloadHash: `${WIRE.payloadHash}\n` }],
  ["a time without zone", { enqueuedAt: "2026-01-02T03:04:05" }],
  ["an invalid time", { enqueuedAt: "2026-13-02T03:04:05Z" }],
  ["a caller without a name", { caller: "" }],
  ["a caller of 321 characters", { caller: "a".repeat(321) }],
  ["a trace of 101 characters", { traceparent: "a".repeat(101) }],
  ["a lineage of 201 characters", { replayOf: "a".repeat(201) }],
  ["a negative hop", { hop: -1 }],
  ["an invalid notBefore", { notBefore: "soon" }],
])("refuses an envelope with %s", (_name, over) => {
  expect(envelopeSchema.safeParse({ ...WIRE, ...over }).success).toBe(false);
});

it("ignores an unknown field, since envelopes outlive deployments", () => {
  expect(envelopeSchema.parse({ ...WIRE, later: 1 })).toEqual(WIRE);
});

it.each([
  [{}, false],
  [{ hop: 1 }, false],
  [{ notBefore: "2026-01-02T00:00:01Z" }, false],
  [{ notBefore: "2026-01-02T00:00:01.001Z" }, true],
  [{ notBefore: "2026-01-01T00:00:00Z" }, false],
])("whether a delivery with %j is early: %s", (over, early) => {
  expect(isEarly(envelopeSchema.parse({ ...WIRE, ...over }), Date.UTC(2026, 0, 2))).toBe(early);
});

it("names a delivery after its task and, on a later hop, its number", () => {
  const envelope = envelopeSchema.parse(WIRE);
  expect([deliveryName(envelope), deliveryName({ ...envelope, hop: 12 })]).toEqual([WIRE.id, `${WIRE.id}-h12`]);
});
