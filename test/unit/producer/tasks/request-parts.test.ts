import { describe, expect, it } from "vitest";
import { isIdempotencyKey } from "../../../../shared/contract/new-task/idempotency-key.ts";
import { originOf, readKey } from "../../../../services/producer/tasks/idempotency-key.ts";

describe("idempotency keys", () => {
  it.each([["k"], ["order-7/paid"], ["~!@#$%^&*()"], ["x".repeat(255)]])("may be %s", (key) => {
    expect(isIdempotencyKey(key)).toBe(true);
  });

  it.each([
    ["empty", ""],
    ["too long", "x".repeat(256)],
    ["with a space", "a b"],
    ["sent twice", "a, a"],
    ["with a line break", "a\r\nb"],
    ["ending in a line break", "a\n"],
    ["with a control character", "a\u0001"],
    ["with DEL", "a\u007f"],
    ["outside ASCII", "ä"],
  ])("may not be %s", (_, key) => {
    expect(isIdempotencyKey(key)).toBe(false);
  });
});

describe("a request's key", () => {
  const DUE = { "X-CloudScheduler-JobName": "daily", "X-CloudScheduler-ScheduleTime": "2026-11-23T06:00:00Z" };
  const read = (headers: Readonly<Record<string, string>>) => readKey((name) => headers[name]);
  const origin = (headers: Readonly<Record<string, string>>) => {
    const result = read(headers);
    if (result.kind !== "read" || !result.key) return result;
    return originOf(result.key, { type: "a.b", caller: "someone@example.com" });
  };

  it("is the caller's own", () => {
    expect(origin({ "Idempotency-Key": "k" })).toEqual(["key", "someone@example.com", "a.b", "k"]);
    expect(read({})).toEqual({ kind: "read", key: undefined });
  });

  it("is the caller's own even if a Cloud Scheduler job makes the request, and the same as if it were given", () => {
    const text = "schedule/daily/2026-11-23T06:00:00Z";
    expect(origin(DUE)).toEqual(["key", "someone@example.com", "a.b", text]);
    expect(origin({ "Idempotency-Key": text })).toEqual(["key", "someone@example.com", "a.b", text]);
  });

  it("is the given one rather than the job's", () => {
    expect(origin({ ...DUE, "Idempotency-Key": "k" })).toEqual(["key", "someone@example.com", "a.b", "k"]);
  });

  it("needs both the job and its time", () => {
    expect(read({ "X-CloudScheduler-JobName": "daily" })).toEqual({ kind: "read", key: undefined });
  });
});
