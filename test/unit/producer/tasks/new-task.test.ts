import { describe, expect, it } from "vitest";
import { parseNewTask } from "../../../../services/producer/tasks/new-task.ts";
import { TEST_REGISTRY, deliverWebhook } from "../../../harness/registry/test-registry.ts";

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);
const PAYLOAD = { url: "https://example.com/hook", event: "paid", data: { order: 7 } };

const parse = (body: unknown) => parseNewTask(body, { types: TEST_REGISTRY.types, nowMs: NOW });

function problemsOf(body: unknown) {
  const parsed = parse(body);
  return parsed.kind === "invalid" ? parsed.problems : [];
}

describe("reading a request for a task", () => {
  it("passes on the payload as it was sent, and its due time", () => {
    const parsed = parse({ type: "webhook.deliver", payload: PAYLOAD, delaySeconds: 5 });
    expect(parsed).toEqual({
      kind: "valid",
      task: { taskType: deliverWebhook, payload: PAYLOAD, dueAtMs: NOW + 5_000 },
    });
  });

  it("lists everything that is wrong at once, each problem with its path", () => {
    const body = {
      type: "webhook.deliver",
      payload: { url: "ftp://example.com", event: "", extra: 1 },
      delaySeconds: -1,
      headers: {},
    };
    expect(
      problemsOf(body)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(["delaySeconds", "headers", "payload.data", "payload.event", "payload.extra", "payload.url"]);
  });

  it("names the known types if the type is unknown, and reports what else is wrong", () => {
    expect(problemsOf({ type: "webhook.send", payload: {}, queue: "bulk" })).toEqual([
      { path: "queue", message: "is not a known field: leave it out" },
      {
        path: "type",
        message: "is not a known task type: use one of webhook.deliver, ledger.transfer, document.publish",
      },
    ]);
  });

  it("says what is missing", () => {
    expect(problemsOf({})).toEqual([
      { path: "type", message: "is missing" },
      { path: "payload", message: "is missing" },
    ]);
  });

  it("reports fields that are wrong only in combination", () => {
    const transfer = { type: "ledger.transfer", payload: { from: "a", to: "a", amount: 1 } };
    expect(problemsOf(transfer)).toEqual([{ path: "payload.to", message: "must be another account than from" }]);
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["a list", []],
    ["text", "webhook.deliver"],
    ["a number", 7],
  ])("refuses %s in place of an object", (_, body) => {
    expect(problemsOf(body)).toMatchObject([{ path: "body" }]);
  });

  it.each(["url", "headers", "queue", "serviceAccount", "constructor", "toString"])(
    "refuses the field %s, which is not the caller's to choose",
    (field) => {
      const problems = problemsOf({ type: "webhook.deliver", payload: PAYLOAD, [field]: "x" });
      expect(problems).toEqual([{ path: field, message: "is not a known field: leave it out" }]);
    },
  );

  it("says where an idempotency key belongs", () => {
    expect(problemsOf({ type: "webhook.deliver", payload: PAYLOAD, idempotencyKey: "order-7" })).toEqual([
      { path: "idempotencyKey", message: "belongs in the header Idempotency-Key" },
    ]);
  });

  it.each(["constructor", "__proto__", "toString", "Webhook.Deliver", "webhook.deliver ", ""])(
    "doesn't take %j for a type",
    (type) => {
      expect(problemsOf({ type, payload: PAYLOAD })).toMatchObject([{ path: "type" }]);
    },
  );

  it.each<[string, unknown, string]>([
    ["a delay below 0", { delaySeconds: -1 }, "delaySeconds"],
    ["a delay above 3,652 days", { delaySeconds: 315_532_801 }, "delaySeconds"],
    ["a delay as text", { delaySeconds: "5" }, "delaySeconds"],
    ["a time without a zone", { scheduleTime: "2026-01-01T13:00:00" }, "scheduleTime"],
    ["a time that is NaN", { scheduleTime: "NaN" }, "scheduleTime"],
    ["a time as a number", { scheduleTime: NOW + 1_000 }, "scheduleTime"],
    ["a time that no calendar has", { scheduleTime: "2026-02-30T13:00:00Z" }, "scheduleTime"],
    ["a time a year ago", { scheduleTime: "2025-01-01T13:00:00Z" }, "scheduleTime"],
    ["a time eleven years ahead", { scheduleTime: "2037-01-01T12:00:01Z" }, "scheduleTime"],
  ])("refuses %s", (_, schedule, path) => {
    expect(problemsOf({ type: "webhook.deliver", payload: PAYLOAD, ...Object(schedule) })).toMatchObject([{ path }]);
  });
});
