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
    { name: "plain", rateLimits: {}, retryConfig: { maxAttempts: -1 } },
    {
      name: "all",
      rateLimits: { maxDispatchesPerSecond: 0.5, maxBurstSize: 40, maxConcurrentDispatches: 10 },
      retryConfig: {
        maxAttempts: 8,
        maxRetryDuration: 2 * 86_400_000,
        minBackoff: 10_000,
        maxBackoff: 200_000,
        maxDoublings: 0,
      },
    },
    { name: "stopped", rateLimits: {}, retryConfig: { maxAttempts: -1 }, state: "PAUSED" },
  ]);
});

const DAY_MS = 86_400_000;

test.each([
  ["task_retry_limit: 0", { maxAttempts: 1 }],
  ["task_retry_limit: 2", { maxAttempts: 3 }],
  ["task_age_limit: 8h", { maxAttempts: -1, maxRetryDuration: DAY_MS / 3 }],
  ["task_age_limit: 1.5d", { maxAttempts: -1, maxRetryDuration: 1.5 * DAY_MS }],
  ["task_age_limit: 90.7s", { maxAttempts: -1, maxRetryDuration: 90_000 }],
  ["task_age_limit: ' 1e2s'", { maxAttempts: -1, maxRetryDuration: 100_000 }],
  ["task_retry_limit: 0, task_age_limit: 1d", { maxAttempts: 1, maxRetryDuration: DAY_MS }],
  ["min_backoff_seconds: 7200", { maxAttempts: -1, minBackoff: 7_200_000, maxBackoff: 7_200_000 }],
  ["max_backoff_seconds: 0.05", { maxAttempts: -1, minBackoff: 50, maxBackoff: 50 }],
  ["min_backoff_seconds: 2.5, max_doublings: 3", { maxAttempts: -1, minBackoff: 2500, maxDoublings: 3 }],
  ["task_retry_limit: null, max_backoff_seconds: null", { maxAttempts: -1 }],
])("reads the retry parameters %s", (parameters, retryConfig) => {
  const file = write(`queue:\n- name: q\n  retry_parameters: { ${parameters} }\n`);
  expect(readQueueFile(file)).toEqual([{ name: "q", rateLimits: {}, retryConfig }]);
});

test.each([
  ["5/s", { maxDispatchesPerSecond: 5 }],
  ["5./s", { maxDispatchesPerSecond: 5 }],
  ["90/m", { maxDispatchesPerSecond: 1.5 }],
  ["1800/h", { maxDispatchesPerSecond: 0.5 }],
  ["43200/d", { maxDispatchesPerSecond: 0.5 }],
])("reads the rate %s", (rate, rateLimits) => {
  const file = write(`queue:\n- name: q\n  rate: ${rate}\n`);
  expect(readQueueFile(file)).toEqual([{ name: "q", rateLimits, retryConfig: { maxAttempts: -1 } }]);
});

test.each(["0", "'0'", "0/s", "0.0/m"])("pauses a queue with the rate %s", (rate) => {
  expect(readQueueFile(write(`queue:\n- name: q\n  rate: ${rate}\n`))).toMatchObject([{ state: "PAUSED" }]);
});

test("reads what is only for App Engine, which has no effect", () => {
  const file = write(`
application: mine
resume_paused_queues: true
queue:
- name: q
  target: v2.worker
  acl:
  - user_email: a@example.com
  retry_parameters:
`);
  expect(readQueueFile(file)).toEqual([{ name: "q", rateLimits: {}, retryConfig: { maxAttempts: -1 } }]);
});

test("reads a queue.yaml without queues", () => {
  expect(readQueueFile(write("queue:\n"))).toEqual([]);
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
  ["queue:\n- name: q\n  rte: 5/s\n", "queue.0: has unknown fields: leave out rte"],
  ["queue:\n- name: q\n  rate: 5\n", "queue.0.rate: must be a number followed by /s, /m, /h or /d"],
  ["queue:\n- name: q\n  rate: 5/w\n", "must be a number followed by /s, /m, /h or /d"],
  ["queue:\n- name: q\n  mode: pull\n", 'queue.0.mode: must be "push"'],
  ["queue:\n- rate: 5/s\n", "queue.0.name: is missing"],
  ["queue:\n- name: q\n  retry_parameters: { task_retry_limit: -1 }\n", "task_retry_limit: must be at least 0"],
  ["queue:\n- name: q\n  retry_parameters: { task_age_limit: 8w }\n", "must be a number followed by s, m, h or d"],
  ["queue:\n- name: q\n  retry_parameters: { task_age_limit: 0d }\n", "must be at least a second"],
  ["queue:\n- name: q\n  retry_parameters: { min_backoff_seconds: -1 }\n", "min_backoff_seconds: must be at least 0"],
  ['[{"name":"q","httpTarget":{}}]', "queues.0: has unknown fields: leave out httpTarget"],
  ['[{"name":"q","state":"DISABLED"}]', 'queues.0.state: must be "RUNNING" or "PAUSED"'],
  ["queue: [", "can't be read"],
  ["just text", "the file: must be an object"],
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
