import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { QUEUES, createRoutedQueue, startRestHarness } from "../support/rest-caller.ts";

const EMAIL = "queue@my-project.iam.gserviceaccount.com";
const NAME = `${QUEUES.slice("/v2/".length)}/q`;
const oidcToken = { serviceAccountEmail: EMAIL, audience: "https://example.com/audience" };

async function setup() {
  const harness = await startRestHarness({ clock: new VirtualClock() });
  const { hostname: host, port } = new URL(harness.receiver.url);
  const createTask = (httpRequest: object) =>
    harness.call("POST", `${QUEUES}/q/tasks`, { task: { httpRequest }, responseView: "FULL" });
  return { ...harness, createTask, toReceiver: { scheme: "HTTP", host, port } };
}

const EVERYTHING = {
  uriOverride: {
    scheme: "HTTP",
    host: "example.net",
    port: "8080",
    pathOverride: { path: "/path" },
    queryOverride: { queryParams: "a=1&b=2" },
    uriOverrideEnforceMode: "IF_NOT_EXISTS",
  },
  httpMethod: "PUT",
  headerOverrides: [
    { header: { key: "X-Custom", value: "queue" } },
    { header: { key: "Content-Type", value: "text/plain" } },
  ],
  oidcToken,
};

it.each<[what: string, httpTarget: object]>([
  ["every field", EVERYTHING],
  ["no field", {}],
  ["what clears port, path and query", { uriOverride: { port: "0", pathOverride: {}, queryOverride: {} } }],
  ["a scheme that isn't specified", { uriOverride: { scheme: "SCHEME_UNSPECIFIED" } }],
  ["an impossible port", { uriOverride: { port: "65536" } }],
  ["a token without an audience", { oidcToken: { serviceAccountEmail: EMAIL } }],
  ["an OAuth token without a scope", { oauthToken: { serviceAccountEmail: EMAIL } }],
  ["an empty header", { headerOverrides: [{ header: { key: "X-Custom" } }] }],
  ["a header with a line break", { headerOverrides: [{ header: { key: "X-Custom", value: "a\r\nb" } }] }],
])("keeps a target with %s, and tells it as it was given", async (_what, httpTarget) => {
  const { call } = await setup();
  const created = await call("POST", QUEUES, { name: NAME, httpTarget });
  expect(created.json).toMatchObject({ httpTarget });
  expect(JSON.stringify(created.json)).toContain(JSON.stringify(httpTarget));
  expect((await call("GET", `${QUEUES}/q`)).json).toEqual(created.json);
});

const HEADERS =
  "Error in parsing HttpTarget.headers. Header name cannot be empty or start with reserved prefixes. Invalid headers found: ";
const header = (...keys: string[]): object => ({
  headerOverrides: keys.map((key) => ({ header: { key, value: "v" } })),
});

it.each<[what: string, httpTarget: object, message: string]>([
  ["an override of nothing", { uriOverride: {} }, "Error in parsing HttpTarget. Invalid uri_override."],
  ...["", "https://example.com", "example.com:80", "example.com/path", "a b", "user@example.com"].map(
    (host): [string, object, string] => [
      `the host ${JSON.stringify(host)}`,
      { uriOverride: { host } },
      "Error in parsing HttpTarget. Invalid Host.",
    ],
  ),
  [
    "a negative port",
    { uriOverride: { port: -1 } },
    "Error in parsing HttpTarget. Port number should be a positive integer.",
  ],
  ["an unknown scheme", { uriOverride: { scheme: 9 } }, "Error in parsing HttpTarget. "],
  [
    "an unknown enforce mode",
    { uriOverride: { host: "h", uriOverrideEnforceMode: 9 } },
    "Error in parsing HttpTarget. ",
  ],
  ["an unknown method", { httpMethod: 99 }, "Error in parsing HttpTarget. "],
  ["a token without an e-mail", { oidcToken: {} }, "service_account_email must be set."],
  ["a malformed e-mail", { oauthToken: { serviceAccountEmail: "x" } }, "Request contains an invalid argument."],
  ["no name of a header", header(""), HEADERS],
  ["reserved headers", header("User-Agent", "X-Ok", "host"), `${HEADERS}User-Agent, host`],
  ["Cloud Tasks' headers", header("X-CloudTasks-Custom"), `${HEADERS}X-CloudTasks-Custom`],
  [
    "Google's headers",
    header("X-Google-Custom", "X-AppEngine-Custom"),
    `${HEADERS}X-Google-Custom, X-AppEngine-Custom`,
  ],
  ["an impossible header", header("X:Custom"), `${HEADERS}X:Custom`],
])("refuses a target with %s, when creating and outside a mask, too", async (_what, httpTarget, message) => {
  const { call } = await setup();
  const created = await call("POST", QUEUES, { name: NAME, httpTarget });
  expect([created.status, created.json.error?.message]).toEqual([400, message]);
  await call("POST", QUEUES, { name: NAME });
  const updated = await call("PATCH", `${QUEUES}/q?updateMask=retryConfig`, { httpTarget });
  expect([updated.status, updated.json.error?.message]).toEqual([400, message]);
});

it.each<[mask: string, update: object, expected: object]>([
  ["httpTarget", { httpMethod: "GET" }, { httpMethod: "GET" }],
  ["httpTarget.httpMethod", { httpMethod: "GET" }, { ...EVERYTHING, httpMethod: "GET" }],
  ["httpTarget.headerOverrides", {}, { ...EVERYTHING, headerOverrides: undefined }],
  ["httpTarget.oidcToken.audience", {}, { ...EVERYTHING, oidcToken: { serviceAccountEmail: EMAIL } }],
  ["httpTarget.oidcToken", {}, { ...EVERYTHING, oidcToken: undefined }],
  [
    "httpTarget.oauthToken",
    { oauthToken: { serviceAccountEmail: EMAIL } },
    { ...EVERYTHING, oidcToken: undefined, oauthToken: { serviceAccountEmail: EMAIL } },
  ],
])("changes only %s of a target", async (mask, update, expected) => {
  const harness = await setup();
  await createRoutedQueue(harness, EVERYTHING, "q");
  const updated = await harness.call("PATCH", `${QUEUES}/q?updateMask=${mask}`, { httpTarget: update });
  const { httpTarget } = JSON.parse(updated.text);
  expect(httpTarget).toEqual(JSON.parse(JSON.stringify(expected)));
});

test("removes a target by a mask that names it", async () => {
  const harness = await setup();
  await createRoutedQueue(harness, EVERYTHING, "q");
  expect((await harness.call("PATCH", `${QUEUES}/q?updateMask=httpTarget`, {})).json).not.toHaveProperty("httpTarget");
});

test("applies every part of a target, in place of the task's own", async () => {
  const harness = await setup();
  const uriOverride = {
    ...harness.toReceiver,
    pathOverride: { path: "/overridden" },
    queryOverride: { queryParams: "q=1" },
  };
  const headerOverrides = ["X-Custom", "X-Other"].map((key) => ({ header: { key, value: "queue" } }));
  await createRoutedQueue(harness, { uriOverride, httpMethod: "PUT", headerOverrides, oidcToken }, "q");
  const created = await harness.createTask({
    url: "https://example.com/kept?b=2",
    headers: { "x-custom": "task", "Content-Type": "text/plain" },
    body: "aGk=",
  });
  await harness.receiver.arrived(1);
  const [received] = harness.receiver.received;
  expect(received).toMatchObject({ method: "PUT", path: "/overridden?q=1", body: "hi" });
  expect([...(received?.headers ?? [])].filter(([name]) => /^(x-(custom|other)|content-type)$/i.test(name))).toEqual([
    ["Content-Type", "text/plain"],
    ["X-Custom", "queue"],
    ["X-Other", "queue"],
  ]);
  const [attempt] = harness.emulator.history();
  expect(attempt?.token?.claims).toMatchObject({ aud: oidcToken.audience, email: EMAIL });
  expect(created.json).toMatchObject({
    httpRequest: { url: "https://example.com/kept?b=2", httpMethod: "POST", oidcToken },
  });
});

it.each<[uri: object, expected: string]>([
  [{ pathOverride: {}, queryOverride: {} }, "/"],
  [{ pathOverride: { path: "no-slash" } }, "/no-slash?b=2"],
  [{ queryOverride: { queryParams: "?c=3" } }, "/kept?c=3"],
  [{ queryOverride: { queryParams: "c=3" }, uriOverrideEnforceMode: "ALWAYS" }, "/kept?c=3"],
  [
    { pathOverride: { path: "/x" }, queryOverride: { queryParams: "c=3" }, uriOverrideEnforceMode: "IF_NOT_EXISTS" },
    "/kept?b=2",
  ],
])("with the override %j, a task for /kept?b=2 goes to %s", async (uriOverride, expected) => {
  const harness = await setup();
  await createRoutedQueue(harness, { uriOverride }, "q");
  await harness.createTask({ url: `${harness.receiver.url}/kept?b=2` });
  await harness.receiver.arrived(1);
  expect(harness.receiver.received[0]?.path).toBe(expected);
});

test("applies to tasks that are there already, and stops when it is removed", async () => {
  const harness = await setup();
  await createRoutedQueue(harness, {}, "q");
  await harness.call("POST", `${QUEUES}/q:pause`, {});
  const { json } = await harness.createTask({ url: "https://unreachable.invalid/kept" });
  const httpTarget = { uriOverride: harness.toReceiver, oidcToken: { serviceAccountEmail: EMAIL } };
  await harness.call("PATCH", `${QUEUES}/q?updateMask=httpTarget`, { httpTarget });
  await harness.call("POST", `${QUEUES}/q:resume`, {});
  await harness.receiver.arrived(1);
  const [attempt] = harness.emulator.history({ task: json.name });
  // The token's audience is the task's own URL, not where it goes.
  expect(attempt?.token?.claims).toMatchObject({ aud: "https://unreachable.invalid/kept", email: EMAIL });
  expect(attempt?.request?.url).toBe(`${harness.receiver.url}/kept`);
});

test("fails an attempt, and sends nothing, when the queue's method can't have the task's body", async () => {
  const harness = await setup();
  await createRoutedQueue(harness, { httpMethod: "GET" }, "q");
  await harness.createTask({ url: harness.receiver.url, body: "aGk=" });
  await harness.attemptsEnded(1);
  await harness.createTask({ url: harness.receiver.url });
  await harness.receiver.arrived(1);
  expect(harness.receiver.received).toMatchObject([{ method: "GET", body: "" }]);
  expect(harness.emulator.history()[0]?.outcome?.kind).toBe("unreachable");
});

it.each<[what: string, queue: object, task: object, stored: object]>([
  ["in place of another", { oidcToken }, { oauthToken: { serviceAccountEmail: "t@example.com" } }, { oidcToken }],
  [
    "with the task's URL as its audience",
    { oidcToken: { serviceAccountEmail: EMAIL } },
    {},
    { oidcToken: { audience: "https://example.com/work" } },
  ],
  ["or leaves the task's own", { httpMethod: "PUT" }, { oidcToken }, { oidcToken }],
])("copies a queue's token to a new task, %s", async (_what, queue, task, stored) => {
  const harness = await setup();
  await createRoutedQueue(harness, queue, "q");
  await harness.call("POST", `${QUEUES}/q:pause`, {});
  const created = await harness.createTask({ url: "https://example.com/work", ...task });
  expect(created.json.error?.message).toBeUndefined();
  expect(created.json).toMatchObject({ httpRequest: stored });
});

it.each<[task: object, message: string]>([
  [{ oidcToken: {} }, "service_account_email must be set."],
  [{}, 'Invalid url for HttpRequest.oauth_token. The hostname in the url must end with ".googleapis.com"'],
])("refuses a task with %j in a queue with an OAuth token", async (task, message) => {
  const harness = await setup();
  await createRoutedQueue(harness, { oauthToken: { serviceAccountEmail: EMAIL } }, "q");
  expect((await harness.createTask({ url: "https://example.com/", ...task })).json.error.message).toBe(message);
});

test("a target survives a restart", async () => {
  const { temporaryFolder } = await import("../../../support/temporary-folder.ts");
  const dataDir = temporaryFolder();
  const first = await startRestHarness({ dataDir });
  await createRoutedQueue(first, EVERYTHING, "q");
  const before = await first.call("GET", `${QUEUES}/q`);
  await first.emulator.stop();
  const second = await startRestHarness({ dataDir });
  expect((await second.call("GET", `${QUEUES}/q`)).json).toEqual(before.json);
});
