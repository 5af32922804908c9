import { status } from "@grpc/grpc-js";
import { expect, it, test } from "vitest";
import { PARENT, createQueue, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";
import { createRoutedQueue, startRestHarness } from "../support/rest-caller.ts";

it.each<[what: string, settings: object, message: string]>([
  ["minBackoff of −5 ns", { retryConfig: { minBackoff: { nanos: -5 } } }, "RetryConfig.minBackoff cannot be negative."],
  [
    "maxBackoff of −1 s",
    { retryConfig: { maxBackoff: { seconds: -1 } } },
    "RetryConfig.maxBackoff cannot be negative.",
  ],
  [
    "maxRetryDuration of −1 s",
    { retryConfig: { maxRetryDuration: { seconds: -1 } } },
    "RetryConfig.max_retry_duration.seconds cannot be negative.",
  ],
  [
    "maxRetryDuration of 30.9 s",
    { retryConfig: { maxRetryDuration: { seconds: 30, nanos: 9e8 } } },
    "RetryConfig.max_retry_duration.nanos cannot be set.",
  ],
  ...[1.5, -0.5, Number.NaN].map((samplingRatio): [string, object, string] => [
    `samplingRatio of ${samplingRatio}`,
    { stackdriverLoggingConfig: { samplingRatio } },
    "sampling_ratio must be between 0.0 and 1.0.",
  ]),
])("refuses a queue with a %s", async (_what, settings, message) => {
  const harness = await startHarness();
  const rejection = await rejectionOf(() => createQueue(harness, "q", settings));
  expect([rejection.code, rejection.message]).toEqual([status.INVALID_ARGUMENT, message]);
  expect((await harness.client.listQueues({ parent: PARENT }))[0]).toEqual([]);
});

it.each(["x_y", "", "a".repeat(101)])("refuses the queue id %j with where ids are defined", async (id) => {
  const harness = await startHarness();
  const rejection = await rejectionOf(() => createQueue(harness, id));
  expect(rejection.code).toBe(status.INVALID_ARGUMENT);
  const definition = id === "" ? "Definition of queue name" : "Definition of queue ID";
  expect(rejection.details).toMatchObject([{ type: "google.rpc.Help", text: expect.stringContaining(definition) }]);
});

it.each([
  "bogus",
  "rate_limits.bogus",
  "rate_limits.max_dispatches_per_second.bogus",
  "retry_config.min_backoff.seconds",
  "http_target.bogus",
  "http_target.header_overrides.header",
  "rateLimits.maxDispatchesPerSecond",
  "retry_config.constructor",
  "rate_limits.max_dispatches_per_second,retry_config.max_attempts",
  " state",
  "",
])("refuses a mask with %j, and changes nothing", async (path) => {
  const harness = await startHarness();
  const name = await createQueue(harness);
  const [before] = await harness.client.getQueue({ name });
  const queue = { name, rateLimits: { maxDispatchesPerSecond: 1 } };
  const paths = ["rate_limits", path];
  const rejection = await rejectionOf(() => harness.client.updateQueue({ queue, updateMask: { paths } }));
  expect([rejection.code, rejection.message]).toEqual([status.INVALID_ARGUMENT, `Invalid mask: ${path}`]);
  expect((await harness.client.getQueue({ name }))[0]).toEqual(before);
});

test("an empty mask changes nothing", async () => {
  const harness = await startHarness();
  const name = await createQueue(harness, "q", { rateLimits: { maxDispatchesPerSecond: 5 } });
  const [before] = await harness.client.getQueue({ name });
  const queue = { name, rateLimits: { maxDispatchesPerSecond: 100 }, retryConfig: { maxAttempts: 3 } };
  expect((await harness.client.updateQueue({ queue, updateMask: { paths: [] } }))[0]).toEqual(before);
});

test("refuses App Engine routing by its name, rather than ignore it", async () => {
  const harness = await startHarness();
  const name = `${PARENT}/queues/q`;
  const queue = { name, appEngineRoutingOverride: { service: "worker" } };
  for (const call of [
    () => harness.client.createQueue({ parent: PARENT, queue }),
    () => harness.client.updateQueue({ queue }),
  ]) {
    const rejection = await rejectionOf(call);
    expect(rejection.code).toBe(status.UNIMPLEMENTED);
    expect(rejection.message).toContain("Queue.app_engine_routing_override");
  }
  expect((await harness.client.listQueues({ parent: PARENT }))[0]).toEqual([]);
});

/** A queue with a target, one with an empty target, one without; one that is configured, one that was purged. */
async function filterable() {
  const harness = await startRestHarness();
  const token = { serviceAccountEmail: "a@example.com", audience: "https://example.com/audience" };
  await createRoutedQueue(
    harness,
    {
      uriOverride: { host: "example.net", port: 8080, pathOverride: { path: "/path" } },
      httpMethod: "PUT",
      headerOverrides: [{ header: { key: "X-Custom", value: "queue" } }],
      oidcToken: token,
    },
    "full",
  );
  await createRoutedQueue(harness, {}, "empty");
  await createQueue(harness, "configured", {
    rateLimits: { maxDispatchesPerSecond: 10, maxConcurrentDispatches: 5 },
    retryConfig: { maxAttempts: 5, maxRetryDuration: { seconds: 60 }, minBackoff: { seconds: 1 } },
    stackdriverLoggingConfig: { samplingRatio: 0.5 },
  });
  const purged = await createQueue(harness, "purged");
  await harness.client.purgeQueue({ name: purged });
  await harness.client.pauseQueue({ name: purged });
  return harness;
}

const ALL = ["configured", "empty", "full", "purged"];
const others = (...ids: string[]): string[] => ALL.filter((id) => !ids.includes(id));

it.each<[filter: string, expected: string[]]>([
  ["name: *", ALL],
  ["name: PURGED", ["purged"]],
  ["purge_time: *", ["purged"]],
  ['purge_time > "2020-01-01T00:00:00Z"', ["purged"]],
  ['purge_time < "2020-01-01T00:00:00Z"', others("purged")],
  ["retry_config.max_retry_duration: *", ["configured"]],
  ["retry_config.max_retry_duration < 1s", others("configured")],
  ["retry_config.min_backoff: 0.1s", others("configured")],
  ["rate_limits: *", ALL],
  ["rateLimits.maxDispatchesPerSecond <= 10", ["configured"]],
  ["rate_limits.max_burst_size != 100", ["configured"]],
  ["State: Paused", ["purged"]],
  ["-state: PAUSED", others("purged")],
  ["-(state: PAUSED)", others("purged")],
  ["state > RUNNING", ["purged"]],
  ["state: DISABLED", []],
  ["state: PAUSED AND state: RUNNING", []],
  ["state: PAUSED OR name: full AND name: queues", ["full", "purged"]],
  ["http_target: *", ["empty", "full"]],
  ["http_target.http_method: put", ["full"]],
  ["http_target.http_method = HTTP_METHOD_UNSPECIFIED", others("full")],
  ["http_target.http_method > POST", ["full"]],
  ["http_target.uri_override: *", ["full"]],
  ["http_target.uri_override.host: example", ["full"]],
  ["httpTarget.uriOverride.host: *", ["full"]],
  ["http_target.uri_override.port = 8080", ["full"]],
  ["http_target.uri_override.scheme = HTTPS", []],
  ["http_target.uri_override.scheme = SCHEME_UNSPECIFIED", ALL],
  ["http_target.uri_override.path_override.path: path", ["full"]],
  ["http_target.header_overrides: *", ["full"]],
  ["http_target.header_overrides.header.key: X-Custom", ["full"]],
  ["http_target.oidc_token.audience: example", ["full"]],
  ["http_target.oauth_token: *", []],
  ["stackdriver_logging_config: *", ["configured"]],
  ["stackdriver_logging_config.sampling_ratio = 0", others("configured")],
  ["app_engine_routing_override.instance: *", []],
])("lists by the filter %s", async (filter, expected) => {
  const { client } = await filterable();
  const [queues] = await client.listQueues({ parent: PARENT, filter });
  expect(queues.map(({ name }) => name?.split("/").at(-1))).toEqual(expected);
});

it.each([
  ["bogus_field: x", "Field not found: 'bogus_field'."],
  ["max_dispatches_per_second < 100", "Field not found: 'max_dispatches_per_second'."],
  ["state: BOGUS", "The value 'bogus' is of incorrect type."],
  ["state: 2", "The value '2' is of incorrect type."],
  ["state: constructor", "The value 'constructor' is of incorrect type."],
  ["retry_config.max_backoff = 3600", "The value '3600' is of incorrect type."],
  ["rate_limits.max_dispatches_per_second = fast", "The value 'fast' is of incorrect type."],
  [
    "rate_limits: 10",
    "Cannot match a nested type 'rate_limits'. A member field of scalar or enum type must be provided.",
  ],
])("refuses the filter %s", async (filter, message) => {
  const { client } = await startHarness();
  const rejection = await rejectionOf(() => client.listQueues({ parent: PARENT, filter }));
  expect([rejection.code, rejection.message]).toEqual([status.INVALID_ARGUMENT, message]);
});
