import { describe, expect, it } from "vitest";
import { isIdempotencyKey } from "../../../../shared/contract/new-task/idempotency-key.ts";
import { originOf, readKey } from "../../../../services/producer/tasks/idempotency-key.ts";
import type { Role } from "../../../../services/producer/access/caller.ts";

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
  const read = (headers: Readonly<Record<string, string>>, role: Role) => readKey((name) => headers[name], { role });
  const origin = (headers: Readonly<Record<string, string>>, role: Role) => {
    const result = read(headers, role);
    if (result.kind !== "read" || !result.key) return result;
    return originOf(result.key, { type: "a.b", caller: "someone@example.com" });
  };

  it("is the caller's own", () => {
    expect(origin({ "Idempotency-Key": "k" }, "caller")).toEqual(["key", "someone@example.com", "a.b", "k"]);
    expect(read({}, "caller")).toEqual({ kind: "read", key: undefined });
  });

  it("names a schedule and its minute in UTC, if the stack's own account says so", () => {
    expect(origin(DUE, "scheduler")).toEqual(["schedule", "daily", "2026-11-23T06:00Z"]);
    const local = { ...DUE, "X-CloudScheduler-ScheduleTime": "2026-11-23T07:00:00.123456+01:00" };
    expect(origin(local, "scheduler")).toEqual(["schedule", "daily", "2026-11-23T06:00Z"]);
  });

  it.each<Role>(["caller", "operator", "viewer", "relay", "none"])("is a %s's own if that one says so", (role) => {
    const text = "schedule/daily/2026-11-23T06:00:00Z";
    expect(origin(DUE, role)).toEqual(["key", "someone@example.com", "a.b", text]);
    expect(origin({ "Idempotency-Key": text }, role)).toEqual(["key", "someone@example.com", "a.b", text]);
  });

  it("is the given one before the schedule's", () => {
    const given = { ...DUE, "Idempotency-Key": "k" };
    expect(origin(given, "scheduler")).toEqual(["key", "someone@example.com", "a.b", "k"]);
  });

  it("needs both the job and its time, and a time that is one", () => {
    expect(read({ "X-CloudScheduler-JobName": "daily" }, "scheduler")).toEqual({ kind: "read", key: undefined });
    const path = "X-CloudScheduler-ScheduleTime";
    expect(read({ ...DUE, [path]: "soon" }, "scheduler")).toMatchObject({ kind: "invalid", problem: { path } });
  });
});
