import { expect, it, test } from "vitest";
import { dispatchHeaders } from "../../../../src/cloud-tasks/dispatch/request/dispatch-headers.ts";

const taskWith = (headers: readonly (readonly [string, string])[], previousStatus?: number) => ({
  id: "some-task",
  dueMs: 1_767_225_600_123.456,
  failures: 4,
  responseCount: 2,
  ...(previousStatus === undefined ? {} : { previousStatus }),
  target: { url: "http://example.com/", method: "POST" as const, headers },
});

test("sends five headers and the User-Agent with a first attempt", () => {
  const task = { ...taskWith([]), failures: 0, responseCount: 0 };
  expect(dispatchHeaders(task, { queueId: "q" })).toEqual([
    ["User-Agent", "Google-Cloud-Tasks"],
    ["X-CloudTasks-QueueName", "q"],
    ["X-CloudTasks-TaskName", "some-task"],
    ["X-CloudTasks-TaskETA", "1767225600.123456"],
    ["X-CloudTasks-TaskRetryCount", "0"],
    ["X-CloudTasks-TaskExecutionCount", "0"],
  ]);
});

test("sends the previous response and an empty reason with a retry", () => {
  const headers = new Map(dispatchHeaders(taskWith([], 504), { queueId: "q" }));
  expect(headers.get("X-CloudTasks-TaskRetryCount")).toBe("4");
  expect(headers.get("X-CloudTasks-TaskExecutionCount")).toBe("2");
  expect(headers.get("X-CloudTasks-TaskPreviousResponse")).toBe("504");
  expect(headers.get("X-CloudTasks-TaskRetryReason")).toBe("");
});

it.each([
  "Host",
  "hOsT",
  "Content-Length",
  "content-length",
  "User-Agent",
  "X-Google-Anything",
  "x-google-anything",
  "X-AppEngine-QueueName",
  "x-appengine-queuename",
  "X-CloudTasks-TaskName",
  "x-cloudtasks-unknown",
  "Transfer-Encoding",
  "Connection",
])("drops the task's own %s", (name) => {
  const sent = dispatchHeaders(taskWith([[name, "forged"]]), { queueId: "q" });
  expect(sent.filter(([, value]) => value === "forged")).toEqual([]);
});

it.each(["X-Googleish", "X-Cloud-Tasks", "Content-Type", "x-custom", "constructor", "__proto__", "Authorization"])(
  "keeps the task's own %s",
  (name) => {
    expect(dispatchHeaders(taskWith([[name, "kept"]]), { queueId: "q" })).toContainEqual([name, "kept"]);
  },
);

test("replaces every Authorization of the task with the token", () => {
  const own = [
    ["authorization", "Basic a"],
    ["AUTHORIZATION", "Basic b"],
  ] as const;
  const sent = dispatchHeaders(taskWith(own), { queueId: "q", authorization: "Bearer t" });
  expect(sent.filter(([name]) => name.toLowerCase() === "authorization")).toEqual([["Authorization", "Bearer t"]]);
});
