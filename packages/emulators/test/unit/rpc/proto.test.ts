import { expect, it } from "vitest";
import { loadProtos } from "../../../src/rpc/proto.ts";

const TASKS = { npmPackage: "@google-cloud/tasks" };
/** The packages that the messages of google.cloud.tasks.v2 need. */
const NEEDED = ["google.iam.v1", "google.protobuf", "google.rpc", "google.type"];

it("builds the messages and services of the named packages", () => {
  const root = loadProtos(TASKS, ["google.cloud.tasks.v2", ...NEEDED]);
  const service = root.lookupService("google.cloud.tasks.v2.CloudTasks");
  expect(service.methods).toHaveProperty("CreateTask");
  const queue = root.lookupType("google.cloud.tasks.v2.Queue");
  const bytes = queue.encode({ name: "q", rateLimits: { maxBurstSize: 7 } }).finish();
  expect(queue.toObject(queue.decode(bytes))).toEqual({ name: "q", rateLimits: { maxBurstSize: 7 } });
});

it("builds nothing else", () => {
  const root = loadProtos(TASKS, ["google.cloud.tasks.v2", ...NEEDED]);
  expect(root.lookup("google.cloud.tasks.v2")).not.toBeNull();
  expect(root.lookup("google.cloud.tasks.v2beta2")).toBeNull();
  expect(root.lookup("google.api")).toBeNull();
});

it.each(["google.cloud.tasks.v9", "google.cloud.missing.v2"])("throws for the missing package %s", (name) => {
  expect(() => loadProtos(TASKS, [name])).toThrow(`The protos have no package ${name}.`);
});

it("says what to do when the client isn't installed", () => {
  expect(() => loadProtos({ npmPackage: "@google-cloud/missing" }, [])).toThrow("run npm ci");
});
