import { expect, it } from "vitest";
import { type Outcome, respond } from "../../../services/worker/outcome.ts";

const error = { code: "some_code", message: "canary" };
const problems = [{ path: "id", message: "must be a task id" }];

/** What Cloud Tasks sees of each outcome: status, Handoff-Outcome and Retry-After in seconds. */
const ANSWERS: readonly (readonly [Outcome, number, string, string | null])[] = [
  [{ kind: "done", result: "canary" }, 200, "done", null],
  [{ kind: "duplicate", state: "succeeded" }, 200, "duplicate", null],
  [{ kind: "duplicate", state: "dead" }, 200, "duplicate", null],
  [{ kind: "duplicate", state: "cancelled" }, 200, "duplicate", null],
  [{ kind: "dead", error }, 200, "dead", null],
  [{ kind: "rescheduled", dueAtMs: 60_000, error }, 200, "rescheduled", null],
  [{ kind: "busy", retryAfterMs: 12_000 }, 409, "busy", "12"],
  [{ kind: "retry", error }, 424, "retry", null],
  [{ kind: "retry", error, retryAfterMs: 60_000 }, 424, "retry", "60"],
  [{ kind: "saturated", error }, 429, "saturated", null],
  [{ kind: "saturated", error, retryAfterMs: 30_000 }, 429, "saturated", "30"],
  [{ kind: "failed", error }, 500, "failed", null],
  [{ kind: "unavailable", reason: "shutting-down" }, 503, "unavailable", "5"],
  [{ kind: "unavailable", reason: "record-store" }, 503, "unavailable", "5"],
  [{ kind: "unavailable", reason: "keys" }, 503, "unavailable", "5"],
  [{ kind: "unknown-type", type: "canary" }, 404, "unknown-type", null],
  [{ kind: "malformed", problems }, 400, "malformed", null],
  [{ kind: "too-large", maxBytes: 1_000 }, 413, "too-large", null],
  [{ kind: "unsupported-media" }, 415, "unsupported-media", null],
  [{ kind: "unauthenticated", reason: "canary" }, 401, "unauthenticated", null],
  [{ kind: "forbidden", reason: "canary" }, 403, "forbidden", null],
];

it.each(ANSWERS)("answers %j with status %i, outcome %s and Retry-After %s", async (outcome, status, name, wait) => {
  const response = respond(outcome);
  expect(response.status).toBe(status);
  expect(response.headers.get("handoff-outcome")).toBe(name);
  expect(response.headers.get("retry-after")).toBe(wait);
  expect(response.headers.get("location")).toBeNull();
  expect(await response.text()).not.toContain("canary");
});

it("has a row for every kind of outcome", () => {
  const kinds: Record<Outcome["kind"], true> = {
    done: true,
    duplicate: true,
    dead: true,
    rescheduled: true,
    busy: true,
    retry: true,
    saturated: true,
    failed: true,
    unavailable: true,
    "unknown-type": true,
    malformed: true,
    "too-large": true,
    "unsupported-media": true,
    unauthenticated: true,
    forbidden: true,
  };
  expect(new Set(ANSWERS.map(([{ kind }]) => kind))).toEqual(new Set(Object.keys(kinds)));
});

it("acknowledges with a small JSON body", async () => {
  const response = respond({ kind: "duplicate", state: "succeeded" });
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toEqual({ outcome: "duplicate" });
});

it("refuses with problem JSON that lists what is wrong", async () => {
  const response = respond({ kind: "malformed", problems });
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.json()).toEqual({
    type: "about:blank",
    status: 400,
    code: "malformed",
    title: "Not a task",
    problems: [{ path: "id", message: "must be a task id" }],
  });
});

it("names the scheme that a caller without a valid token must use", () => {
  expect(respond({ kind: "unauthenticated", reason: "missing" }).headers.get("www-authenticate")).toBe("Bearer");
});

it.each([
  [-5_000, "1"],
  [0, "1"],
  [1, "1"],
  [1_000, "1"],
  [1_001, "2"],
  [29_999.5, "30"],
  [3_600_000, "3600"],
])("rounds a wait of %s ms up to %s s", (retryAfterMs, seconds) => {
  expect(respond({ kind: "busy", retryAfterMs }).headers.get("retry-after")).toBe(seconds);
});
