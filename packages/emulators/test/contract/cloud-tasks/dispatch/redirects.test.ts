import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";
import { startReceiver } from "../support/receiver.ts";

test("follows a redirect with a GET, whose response counts", async () => {
  const { harness, queue } = await setup();
  redirectTo(harness, 302, "/elsewhere");
  await createTask(harness, queue, {
    httpRequest: {
      url: `${harness.receiver.url}/work`,
      headers: { "Content-Type": "text/plain", "X-Mine": "a" },
      body: Buffer.from("the body"),
    },
  });
  await harness.emulator.waitForIdle({ until: "empty" });

  const [first, second] = harness.receiver.received;
  expect(first).toMatchObject({ method: "POST", path: "/work", body: "the body" });
  expect(second).toMatchObject({ method: "GET", path: "/elsewhere", body: "" });
  expect(second?.headers.get("X-Mine")).toBe("a");
  expect(second?.headers.get("X-CloudTasks-TaskName")).toBe(first?.headers.get("X-CloudTasks-TaskName"));
  expect([...(second?.headers.keys() ?? [])].filter((name) => /^content-/i.test(name))).toEqual([]);
  expect(harness.emulator.history()).toMatchObject([
    {
      dispatch: 1,
      request: { method: "POST" },
      redirects: [{ method: "GET", url: `${harness.receiver.url}/elsewhere` }],
      outcome: { kind: "answered", status: 200 },
      fate: { kind: "done" },
    },
  ]);
});

it.each([
  { status: 301, method: "POST", followed: "GET" },
  { status: 302, method: "POST", followed: "GET" },
  { status: 303, method: "POST", followed: "GET" },
  { status: 307, method: "POST", followed: "POST" },
  { status: 308, method: "POST", followed: "POST" },
  { status: 301, method: "PUT", followed: "GET" },
  { status: 303, method: "DELETE", followed: "GET" },
  { status: 307, method: "PATCH", followed: "PATCH" },
  { status: 308, method: "DELETE", followed: "DELETE" },
  { status: 302, method: "GET", followed: "GET" },
  { status: 302, method: "HEAD", followed: "HEAD" },
  { status: 303, method: "HEAD", followed: "HEAD" },
] as const)("makes a $method that $status redirects a $followed", async ({ status, method, followed }) => {
  const { harness, queue } = await setup();
  redirectTo(harness, status, "/elsewhere");
  const body = ["POST", "PUT", "PATCH"].includes(method) ? { body: Buffer.from("the body") } : {};
  await createTask(harness, queue, {
    httpRequest: { url: `${harness.receiver.url}/work`, httpMethod: method, ...body },
  });
  await harness.emulator.waitForIdle({ until: "empty" });
  const sentAgain = followed !== "GET" && followed !== "HEAD" && followed !== "DELETE";
  expect(harness.receiver.received.at(-1)).toMatchObject({
    method: followed,
    path: "/elsewhere",
    body: sentAgain ? "the body" : "",
  });
  expect(harness.receiver.received).toHaveLength(2);
});

it.each([
  { status: 302, headers: {} },
  { status: 302, headers: { Location: "ftp://127.0.0.1/" } },
  { status: 302, headers: { Location: "http://" } },
  { status: 300, headers: { Location: "/elsewhere" } },
  { status: 304, headers: { Location: "/elsewhere" } },
  { status: 305, headers: { Location: "/elsewhere" } },
])("takes $status with $headers for a failure", async ({ status, headers }) => {
  const { harness, queue } = await setup();
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? { status, headers } : 200));
  await createTask(harness, queue);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.attempts.map((attempt) => attempt.status)).toEqual([status, 200]);
  expect(harness.receiver.received.map(({ path }) => path)).toEqual(["/work", "/work"]);
});

test("counts the status that redirects end with, and retries from the start", async () => {
  const { harness, queue } = await setup();
  const statuses = new Map([
    ["/work", { status: 307, headers: { Location: "/broken" } }],
    ["/broken", { status: 500, headers: {} }],
  ]);
  harness.receiver.respondWith(({ path }, index) => (index < 2 ? (statuses.get(path) ?? 200) : 200));
  await createTask(harness, queue);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.attempts.map(({ status }) => status)).toEqual([500, 200]);
  expect(harness.receiver.received.map(({ path }) => path)).toEqual(["/work", "/broken", "/work"]);
  expect(harness.receiver.received[2]?.headers.get("X-CloudTasks-TaskPreviousResponse")).toBe("500");
});

test("follows five redirects, and no more", async () => {
  const { harness, queue } = await setup({ maxAttempts: 1 });
  harness.receiver.respondWith((_delivery, index) => ({ status: 302, headers: { Location: `/hop-${index + 1}` } }));
  await createTask(harness, queue);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.receiver.received.map(({ path }) => path)).toEqual([
    "/work",
    "/hop-1",
    "/hop-2",
    "/hop-3",
    "/hop-4",
    "/hop-5",
  ]);
  expect(harness.attempts.map(({ status }) => status)).toEqual([302]);
});

it.each([
  { where: "the same origin", isElsewhere: false },
  { where: "another origin", isElsewhere: true },
])("sends tokens and cookies on to $where: $isElsewhere", async ({ isElsewhere }) => {
  const { harness, queue } = await setup();
  const other = await startReceiver();
  redirectTo(harness, 307, `${isElsewhere ? other.url : harness.receiver.url}/elsewhere`);
  await createTask(harness, queue, {
    httpRequest: {
      url: `${harness.receiver.url}/work`,
      headers: { Cookie: "session=1" },
      oidcToken: { serviceAccountEmail: "worker@example.com" },
    },
  });
  await harness.emulator.waitForIdle({ until: "empty" });
  await other.close();
  const [delivery] = isElsewhere ? other.received : harness.receiver.received.slice(1);
  const own = harness.receiver.received[0]?.headers;
  expect(own?.get("Authorization")).toMatch(/^Bearer ey/);
  expect(delivery?.headers.get("Authorization")).toBe(isElsewhere ? undefined : own?.get("Authorization"));
  expect(delivery?.headers.get("Cookie")).toBe(isElsewhere ? undefined : "session=1");
  expect(delivery?.headers.get("X-CloudTasks-QueueName")).toBe("default");
});

test("has one deadline for all redirects", async () => {
  const clock = new VirtualClock();
  const { harness, queue } = await setup({ maxAttempts: 1 }, clock);
  harness.receiver.respondWith(async (_delivery, index) => {
    if (index > 0) return "stall";
    await clock.advance("10s");
    return { status: 302, headers: { Location: "/elsewhere" } };
  });
  await createTask(harness, queue, { dispatchDeadline: { seconds: 15 } });
  await harness.receiver.arrived(2);
  await clock.advance("4999ms");
  expect(harness.attempts).toEqual([]);
  await clock.advance("1ms");
  expect(harness.attempts).toMatchObject([{ status: "no response within the dispatch deadline" }]);
});

async function setup(retryConfig: { maxAttempts?: number } = {}, clock?: VirtualClock) {
  const harness = await startHarness(clock ? { clock } : {});
  return { harness, queue: await createQueue(harness, "default", { retryConfig }) };
}

/** The first delivery is redirected. */
function redirectTo({ receiver }: Awaited<ReturnType<typeof startHarness>>, status: number, location: string): void {
  receiver.respondWith((_delivery, index) => (index === 0 ? { status, headers: { Location: location } } : 200));
}
