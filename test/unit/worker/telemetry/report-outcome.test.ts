import { expect, it } from "vitest";
import type { Outcome } from "../../../../services/worker/outcome.ts";
import { reportOutcome } from "../../../../services/worker/telemetry/report-outcome.ts";
import type { Delivery } from "../../../../services/worker/parse-delivery.ts";
import { parseTaskId } from "../../../../shared/contract/task-id.ts";
import { captureLog } from "../../../harness/runtime/captured-log.ts";
import { VirtualClock } from "handoff-emulators/clock";

const ID = "0123456789abcdef0123456789abcdef-default";
const error = { code: "some_code", message: "There is no account canary." };

function setup() {
  const { log, lines } = captureLog();
  const rules = { handlers: new Map(), queues: new Map(), maxBodyBytes: 1, deadLetterRetentionMs: 1 };
  return { log, lines, clock: new VirtualClock({ startMs: 1_795_000_000_000 }), rules };
}

/** The lines that reporting an outcome writes, parsed. */
function report(outcome: Outcome, over: { path?: string; headers?: Record<string, string>; delivery?: Delivery } = {}) {
  const { lines, ...worker } = setup();
  const request = new Request(`http://worker.example.com${over.path ?? "/tasks/webhook.deliver?token=canary"}`, {
    method: "POST",
    headers: {
      authorization: "Bearer canary",
      "x-cloudtasks-taskname": ID,
      "x-cloudtasks-taskretrycount": "2",
      ...over.headers,
    },
    body: "canary",
  });
  const { clock, log, rules } = worker;
  const delivery = over.delivery ? { delivery: over.delivery } : {};
  const endedMs = clock.now();
  reportOutcome(outcome, request, { log, rules, startedMs: endedMs - 12, endedMs, status: 200, ...delivery });
  return { lines, entries: lines.map((line): unknown => JSON.parse(line)) };
}

it("writes one line with the task, its outcome and how long it took", () => {
  expect(report({ kind: "done", result: "canary" }).entries).toEqual([
    {
      severity: "INFO",
      time: expect.any(String),
      service: "test",
      outcome: "done",
      taskId: ID,
      retryCount: "2",
      tookMs: 12,
      httpRequest: {
        requestMethod: "POST",
        requestUrl: "/tasks/webhook.deliver",
        status: 200,
        latency: "0.012s",
      },
      message: "delivery",
    },
  ]);
});

function unreachable(): never {
  throw new Error("The test is wrong.");
}

const delivery = (type: string): Delivery => ({
  envelope: {
    id: parseTaskId(ID) ?? unreachable(),
    type,
    payload: "canary",
    payloadHash: "0".repeat(64),
    enqueuedAt: "2026-01-01T00:00:00.000Z",
  },
  kind: "claim",
  maxAttempts: 3,
  leaseMs: 50_000,
  timeoutMs: 1,
  deadLetterRetentionMs: 1,
  isRepeated: false,
  isFirstDispatch: true,
  run: () => Promise.reject(new Error("Nothing runs here.")),
});

it("reports how late one of our deliveries was", () => {
  const headers = { "x-cloudtasks-tasketa": "1794999999.500000" };
  const { entries, lines } = report({ kind: "done", result: null }, { headers, delivery: delivery("webhook.deliver") });
  expect(entries).toMatchObject([
    {
      queue: "default",
      delayMs: 488,
      sinceDueMs: 500,
    },
  ]);
  expect(lines.join("")).not.toContain("canary");
});

it("names the task and its hop, whatever the hop is called in Cloud Tasks", () => {
  const first = delivery("webhook.deliver");
  const later = { ...first, envelope: { ...first.envelope, hop: 12 } };
  const headers = { "x-cloudtasks-taskname": `${ID}-h12` };
  const outcome = { kind: "done", result: null } as const;
  expect(report(outcome, { headers, delivery: later }).entries).toMatchObject([{ taskId: ID, hop: 12 }]);
  expect(report(outcome, { delivery: first }).entries).toMatchObject([{ taskId: ID, hop: 0 }]);
  expect(report(outcome, { headers }).entries).toMatchObject([{ taskId: `${ID}-h12` }]);
});

it("names no unknown type: each would become a metric series of its own", () => {
  const { entries } = report({ kind: "dead", error }, { delivery: delivery("never.heard-of") });
  expect(entries).toMatchObject([{ taskType: "unknown", queue: "default" }]);
});

it("names neither type nor queue of a delivery that isn't known to be ours", () => {
  const [entry] = report({ kind: "unauthenticated", reason: "expired" }).entries;
  expect(entry).not.toHaveProperty("taskType");
  expect(entry).not.toHaveProperty("queue");
});

it.each<[Outcome, string, object]>([
  [{ kind: "done", result: "canary" }, "INFO", {}],
  [{ kind: "duplicate", state: "succeeded" }, "INFO", {}],
  [{ kind: "busy", retryAfterMs: 1 }, "INFO", {}],
  [{ kind: "rescheduled", dueAtMs: 0 }, "INFO", {}],
  [{ kind: "rescheduled", dueAtMs: 0, error }, "WARNING", { errorCode: "some_code" }],
  [{ kind: "retry", error }, "WARNING", { errorCode: "some_code" }],
  [{ kind: "saturated", error }, "WARNING", { errorCode: "some_code" }],
  [{ kind: "failed", error }, "ERROR", { errorCode: "some_code" }],
  [{ kind: "dead", error }, "ERROR", { errorCode: "some_code" }],
  [{ kind: "unavailable", reason: "keys" }, "WARNING", { reason: "keys" }],
  [{ kind: "unknown-type", type: "new.type" }, "WARNING", {}],
  [
    { kind: "malformed", problems: [{ path: "id", message: "is not one" }] },
    "WARNING",
    { problems: ["id: is not one"] },
  ],
  [{ kind: "too-large", maxBytes: 1 }, "WARNING", {}],
  [{ kind: "unsupported-media" }, "WARNING", {}],
  [{ kind: "unauthenticated", reason: "expired" }, "WARNING", { reason: "expired" }],
  [{ kind: "forbidden", reason: "other-queue" }, "WARNING", { reason: "other-queue" }],
])("reports %j as %s with its details, but none of the request's content", (outcome, severity, details) => {
  const { lines, entries } = report(outcome);
  expect(entries).toMatchObject([{ severity, outcome: outcome.kind, ...details }]);
  expect(lines.join("")).not.toContain("canary");
});

it("truncates names that come from the request", () => {
  const long = "a".repeat(5_000);
  const { lines } = report(
    { kind: "malformed", problems: [{ path: long, message: long }] },
    { path: `/tasks/${long}`, headers: { "x-cloudtasks-taskname": long, "x-cloudtasks-taskretrycount": long } },
  );
  expect(lines).toHaveLength(1);
  expect(lines[0]?.length).toBeLessThan(1_000);
  expect(lines[0]).toContain(`"taskId":"${"a".repeat(120)}"`);
});

it("lists a few problems and no more", () => {
  const problems = Array.from({ length: 1_000 }, (_, index) => ({ path: `field-${index}`, message: "is unknown" }));
  const { lines } = report({ kind: "malformed", problems });
  expect(lines[0]?.length).toBeLessThan(1_000);
});

it("writes one line whatever the names and problems contain", () => {
  const hostile = '\n{"severity":"CRITICAL"}\n\u001b[2J';
  const { lines } = report({ kind: "malformed", problems: [{ path: hostile, message: hostile }] });
  expect(lines).toHaveLength(1);
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
  expect(lines[0]).toMatch(/^[^\u0000-\u001f]*\n$/);
});

it("reports a delivery without the headers of Cloud Tasks", () => {
  const { lines, log, rules } = setup();
  const request = new Request("http://worker.example.com/tasks/a", { method: "POST" });
  const told = { log, rules, startedMs: 0, endedMs: 1, status: 401 };
  reportOutcome({ kind: "unauthenticated", reason: "missing" }, request, told);
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("taskId");
});
