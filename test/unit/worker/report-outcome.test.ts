import { expect, it } from "vitest";
import type { Outcome } from "../../../services/worker/outcome.ts";
import { reportOutcome } from "../../../services/worker/report-outcome.ts";
import { captureLog } from "../../support/captured-log.ts";

const ID = "0123456789abcdef0123456789abcdef-default";
const error = { code: "some_code", message: "There is no account canary." };

/** The lines that reporting an outcome writes, parsed. */
function report(outcome: Outcome, over: { path?: string; headers?: Record<string, string> } = {}) {
  const { log, lines } = captureLog();
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
  reportOutcome(outcome, request, { log, tookMs: 12 });
  return { lines, entries: lines.map((line): unknown => JSON.parse(line)) };
}

it("writes one line with the task, what became of it and how long that took", () => {
  expect(report({ kind: "done", result: "canary" }).entries).toEqual([
    {
      severity: "INFO",
      time: expect.any(String),
      service: "test",
      outcome: "done",
      path: "/tasks/webhook.deliver",
      taskId: ID,
      retryCount: "2",
      tookMs: 12,
      message: "delivery",
    },
  ]);
});

it.each<[Outcome, string, object]>([
  [{ kind: "done", result: "canary" }, "INFO", {}],
  [{ kind: "duplicate", state: "succeeded" }, "INFO", {}],
  [{ kind: "busy", retryAfterMs: 1 }, "INFO", {}],
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
])("reports %j as %s with its details, but nothing of the request's content", (outcome, severity, details) => {
  const { lines, entries } = report(outcome);
  expect(entries).toMatchObject([{ severity, outcome: outcome.kind, ...details }]);
  expect(lines.join("")).not.toContain("canary");
});

it("cuts the names that come from the request", () => {
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

it("writes one line whatever stands in the names and problems", () => {
  const hostile = '\n{"severity":"CRITICAL"}\n\u001b[2J';
  const { lines } = report({ kind: "malformed", problems: [{ path: hostile, message: hostile }] });
  expect(lines).toHaveLength(1);
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
  expect(lines[0]).toMatch(/^[^\u0000-\u001f]*\n$/);
});

it("reports a delivery without the headers of Cloud Tasks", () => {
  const { log, lines } = captureLog();
  const request = new Request("http://worker.example.com/tasks/a", { method: "POST" });
  reportOutcome({ kind: "unauthenticated", reason: "missing" }, request, { log, tookMs: 0 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("taskId");
});
