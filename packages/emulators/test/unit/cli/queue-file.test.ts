import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readQueueFile } from "../../../src/cli/queue-file.ts";
import { ConfigError } from "../../../src/cli/config-error.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

function write(content: string): string {
  const file = path.join(temporaryFolder(), "queues");
  fs.writeFileSync(file, content);
  return file;
}

test("reads App Engine's queue.yaml", () => {
  const file = write(`
total_storage_limit: 120M
queue:
- name: plain
- name: all
  mode: push
  rate: 30/m
  bucket_size: 40
  max_concurrent_requests: 10
  retry_parameters:
    task_retry_limit: 7
    task_age_limit: 2d
    min_backoff_seconds: 10
    max_backoff_seconds: 200
    max_doublings: 0
- name: stopped
  rate: 0
`);
  expect(readQueueFile(file)).toEqual([
    { name: "plain", rateLimits: {}, retryConfig: {} },
    {
      name: "all",
      rateLimits: { maxDispatchesPerSecond: 0.5, maxBurstSize: 40, maxConcurrentDispatches: 10 },
      retryConfig: { maxAttempts: 7, maxRetryDuration: "2d", minBackoff: 10_000, maxBackoff: 200_000, maxDoublings: 0 },
    },
    { name: "stopped", rateLimits: {}, retryConfig: {}, state: "PAUSED" },
  ]);
});

const PRINTED = {
  name: "projects/p/locations/l/queues/q",
  rateLimits: { maxBurstSize: 100, maxConcurrentDispatches: 1000, maxDispatchesPerSecond: 500 },
  retryConfig: { maxAttempts: 100, maxBackoff: "3600s", maxDoublings: 16, minBackoff: "0.100s" },
  state: "RUNNING",
};

test.each([
  ["a list in JSON", JSON.stringify([{ ...PRINTED, purgeTime: "2026-01-01T00:00:00Z" }]), PRINTED],
  ["an object of queues in JSON", JSON.stringify({ queues: [PRINTED] }), PRINTED],
  ["a list in YAML", `- name: ${PRINTED.name}\n  state: PAUSED\n`, { name: PRINTED.name, state: "PAUSED" }],
])("reads what gcloud prints: %s", (_form, content, queue) => {
  expect(readQueueFile(write(content))).toEqual([queue]);
});

test.each([
  ["queue:\n- name: q\n  rte: 5/s\n", "rte"],
  ["queue:\n- name: q\n  rate: 5\n", "rate"],
  ["queue:\n- name: q\n  rate: 5/w\n", "must be a number followed by /s, /m, /h or /d"],
  ["queue:\n- name: q\n  mode: pull\n", "mode"],
  ["queue:\n- rate: 5/s\n", "queue.0.name"],
  ['[{"name":"q","httpTarget":{}}]', "httpTarget"],
  ['[{"name":"q","state":"DISABLED"}]', "state"],
  ["queue: [", "can't be read"],
  ["just text", "the file"],
  ["", "the file"],
])("refuses %j and says what is wrong", (content, says) => {
  const file = write(content);
  const read = (): unknown => readQueueFile(file);
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(file);
  expect(read).toThrow(says);
});

test("says which file is missing", () => {
  expect(() => readQueueFile("/nowhere/queue.yaml")).toThrow(/queues in \/nowhere\/queue.yaml can't be read: ENOENT/);
});
