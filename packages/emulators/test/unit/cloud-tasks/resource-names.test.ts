import { expect, it, test } from "vitest";
import {
  isQueueId,
  isTaskId,
  parseLocationName,
  parseQueueName,
  parseTaskName,
} from "../../../src/cloud-tasks/api/resource-names.ts";

const LOCATION = "projects/example.com:my-project/locations/europe-west1";

test("parses names", () => {
  expect(parseLocationName(LOCATION)).toEqual({ project: "example.com:my-project", location: "europe-west1" });
  expect(parseTaskName(`${LOCATION}/queues/q/tasks/t`)).toEqual({
    queue: { name: `${LOCATION}/queues/q`, project: "example.com:my-project", location: "europe-west1", queueId: "q" },
    taskId: "t",
  });
});

it.each(["constructor", "__proto__", "prototype", "toString", "..", "%2F"])("accepts %s as an id in a name", (id) => {
  expect(parseTaskName(`${LOCATION}/queues/${id}/tasks/${id}`)).toMatchObject({ queue: { queueId: id }, taskId: id });
});

it.each([
  "",
  "projects",
  "projects//locations/l/queues/q",
  "projects/p/locations//queues/q",
  "projects/p/locations/l/queues/",
  "projects/p/locations/l/queue/q",
  "projects/p/locations/l/queues/q/",
  "/projects/p/locations/l/queues/q",
  "projects/p q/locations/l/queues/q",
  "projects/p/locations/l/queues/q/tasks/t",
])("doesn't accept %j as a queue's name", (name) => {
  expect(parseQueueName(name)).toBeUndefined();
});

it.each(["a", "Z", "0", "-", "_", "constructor", "__proto__", "a".repeat(500)])("allows the task id %s", (id) => {
  expect(isTaskId(id)).toBe(true);
});

it.each(["", "a b", "a.b", "é", "a/b", "a\n", "a".repeat(501)])("does not allow the task id %j", (id) => {
  expect(isTaskId(id)).toBe(false);
});

it.each([
  ["a".repeat(100), true],
  ["constructor", true],
  ["a".repeat(101), false],
  ["__proto__", false],
  ["a_b", false],
  ["", false],
  ["a\n", false],
])("allows the queue id %j: %s", (id, allowed) => {
  expect(isQueueId(id)).toBe(allowed);
});
