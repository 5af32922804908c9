import { expect, it, test } from "vitest";
import { createQueue } from "../support/harness.ts";
import { startRestHarness } from "../support/rest-caller.ts";

const URL = "http://127.0.0.1:9/";

/** A paused queue, so that tasks stay as they were created. */
async function setup() {
  const harness = await startRestHarness();
  const queue = await createQueue(harness);
  await harness.client.pauseQueue({ name: queue });
  const create = (task: unknown) => harness.call("POST", `/v2/${queue}/tasks`, { task, responseView: "FULL" });
  return { ...harness, queue, create };
}

const request = (fields: object = {}): object => ({ httpRequest: { url: URL, ...fields } });

test("a response has its fields in the order of their numbers, and none that are zero", async () => {
  const { create } = await setup();
  const { json } = await create(request({ body: "eA==", headers: {}, httpMethod: "PUT" }));
  expect(Object.keys(json)).toEqual(["name", "httpRequest", "scheduleTime", "createTime", "dispatchDeadline", "view"]);
  expect(json).toMatchObject({ createTime: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/), dispatchDeadline: "600s" });
  expect(JSON.stringify(json)).toContain(
    `{"url":"${URL}","httpMethod":"PUT","headers":{"User-Agent":"Google-Cloud-Tasks"},"body":"eA=="}`,
  );
});

it.each([
  ["prettyPrint=false", false],
  ["$prettyPrint=0", false],
  ["prettyPrint=true", true],
  ["", true],
])("indents the response to ?%s: %s", async (query, isIndented) => {
  const { call, queue } = await setup();
  const { text } = await call("GET", `/v2/${queue}?${query}`);
  expect(text.includes("\n")).toBe(isIndented);
});

test("enums are numbers in a response when the query asks for them", async () => {
  const { call, queue } = await setup();
  expect((await call("GET", `/v2/${queue}?$alt=json;enum-encoding=int`)).json.state).toBe(2);
});

it.each<[fields: string, expected: object]>([
  ["state", { state: "PAUSED" }],
  ["state,rateLimits/maxBurstSize", { state: "PAUSED", rateLimits: { maxBurstSize: 100 } }],
  ["rateLimits(maxBurstSize),state", { state: "PAUSED", rateLimits: { maxBurstSize: 100 } }],
  ["rate_limits.max_burst_size", { rateLimits: { maxBurstSize: 100 } }],
  ["purgeTime", {}],
  ["", { name: expect.any(String), state: "PAUSED", rateLimits: expect.any(Object), retryConfig: expect.any(Object) }],
])("returns only the fields %s", async (fields, expected) => {
  const { call, queue } = await setup();
  for (const name of ["fields", "$fields"]) {
    expect((await call("GET", `/v2/${queue}?${name}=${encodeURIComponent(fields)}`)).json).toEqual(expected);
  }
});

test("selects fields of every task in a list", async () => {
  const { call, create, queue } = await setup();
  await create({ name: `${queue}/tasks/a`, ...request({ headers: { "X-A": "a" } }) });
  const list = async (fields: string) => (await call("GET", `/v2/${queue}/tasks?fields=${fields}`)).json.tasks;
  expect(await list("tasks(name)")).toEqual([{ name: `${queue}/tasks/a` }]);
  expect(await list("tasks/httpRequest/headers/X-A")).toEqual([{ httpRequest: { headers: { "X-A": "a" } } }]);
  expect(await list("*/name")).toEqual([{ name: `${queue}/tasks/a` }]);
});

it.each(["bogus", "state,rateLimits/bogus", "state(", "state)"])(
  "refuses the fields %j, and does nothing",
  async (fields) => {
    const { call, queue } = await setup();
    const refused = await call("POST", `/v2/${queue}:resume?fields=${encodeURIComponent(fields)}`, {});
    expect([refused.status, refused.json.error?.message]).toEqual([400, "Request contains an invalid argument."]);
    expect((await call("GET", `/v2/${queue}`)).json.state).toBe("PAUSED");
  },
);
