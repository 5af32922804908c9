import { expect, it } from "vitest";
import { createQueue } from "../support/harness.ts";
import { QUEUES, startRestHarness } from "../support/rest-caller.ts";

const URL = "http://127.0.0.1:9/";

/** A paused queue, so that tasks stay as they were created. */
async function setup() {
  const harness = await startRestHarness();
  const queue = await createQueue(harness);
  await harness.client.pauseQueue({ name: queue });
  const create = (task: unknown, rest: object = {}) =>
    harness.call("POST", `/v2/${queue}/tasks`, { task, responseView: "FULL", ...rest });
  return { ...harness, queue, create };
}

const request = (fields: object = {}): object => ({ httpRequest: { url: URL, ...fields } });

it.each<[what: string, task: object, stored: object]>([
  ["null for fields that are not set", { name: null, scheduleTime: null, dispatchDeadline: null, ...request() }, {}],
  ["null for an object, a list of headers and a body", request({ headers: null, body: null, oidcToken: null }), {}],
  ["null beside the set field of a oneof", { appEngineHttpRequest: null, ...request({ oauthToken: null }) }, {}],
  ["the proto's names", { http_request: { url: URL, http_method: "PUT" } }, { httpRequest: { httpMethod: "PUT" } }],
  ["an enum by name", request({ httpMethod: "GET" }), { httpRequest: { httpMethod: "GET" } }],
  ["an enum by number", request({ httpMethod: 4 }), { httpRequest: { httpMethod: "PUT" } }],
  ["an enum by a number in text", request({ httpMethod: "4" }), { httpRequest: { httpMethod: "PUT" } }],
  ["padded base64", request({ body: "_-8=" }), { httpRequest: { body: "/+8=" } }],
  ["base64 without padding", request({ body: "/+8" }), { httpRequest: { body: "/+8=" } }],
  ["base64url without padding", request({ body: "_-8" }), { httpRequest: { body: "/+8=" } }],
  ["a duration in nanoseconds", { ...request(), dispatchDeadline: "15.123000000s" }, { dispatchDeadline: "15.123s" }],
  [
    "a header that is null",
    request({ headers: { "X-A": "a", "X-B": null } }),
    { httpRequest: { headers: { "X-A": "a" } } },
  ],
  ["an integer as text", { ...request(), dispatchCount: "7" }, {}],
  ["an output field", { ...request(), createTime: "2026-01-01T00:00:00Z", view: "FULL" }, {}],
])("takes %s", async (_what, task, stored) => {
  const { create } = await setup();
  const created = await create(task);
  expect([created.status, created.json.error?.message]).toEqual([200, undefined]);
  expect(created.json).toMatchObject({ ...stored, view: "FULL" });
});

const TASK = "type.googleapis.com/google.cloud.tasks.v2";
const ZONE = "Illegal timestamp format; timestamps must end with 'Z' or have a valid timezone offset.";
const timestamp = (problem: string): string =>
  `Invalid value at 'task.schedule_time' (type.googleapis.com/google.protobuf.Timestamp), Field 'scheduleTime', ${problem}`;
const duration = (problem: string): string =>
  `Invalid value at 'task.dispatch_deadline' (type.googleapis.com/google.protobuf.Duration), Field 'dispatchDeadline', ${problem}`;
const bytes = (text: string): string =>
  `Invalid value at 'task.http_request.body' (TYPE_BYTES), Base64 decoding failed for "${text}"`;
const method = (text: string): string =>
  `Invalid value at 'task.http_request.http_method' (${TASK}.HttpMethod), ${text}`;

it.each<[what: string, task: unknown, message: string]>([
  ["an enum in lower case", request({ httpMethod: "get" }), method('"get"')],
  ["an unknown enum", request({ httpMethod: "FOO" }), method('"FOO"')],
  ["an enum's number in text that no value has", request({ httpMethod: "99" }), method('"99"')],
  ["an enum that is a fraction", request({ httpMethod: 1.5 }), method("1.5")],
  ["an enum that is a boolean", request({ httpMethod: true }), method("true")],
  ["an enum of a prototype", request({ httpMethod: "constructor" }), method('"constructor"')],
  ["a number as text", { name: 5, ...request() }, "Invalid value at 'task.name' (TYPE_STRING), 5"],
  ["a boolean as text", request({ url: true }), "Invalid value at 'task.http_request.url' (TYPE_STRING), true"],
  [
    "a number as a header's value",
    request({ headers: { "X-A": "a", "X-B": 5 } }),
    "Invalid value at 'task.http_request.headers[1].value' (TYPE_STRING), 5",
  ],
  [
    "text as headers",
    request({ headers: "X-A: a" }),
    `Invalid value at 'task.http_request.headers' (${TASK}.HttpRequest.HeadersEntry), "X-A: a"`,
  ],
  ["text as a message", "task", `Invalid value at 'task' (${TASK}.Task), "task"`],
  [
    "an object as text",
    request({ url: {} }),
    "Invalid value at 'task.http_request' (url), Starting an object on a scalar field",
  ],
  [
    "a list as a message",
    { httpRequest: [] },
    `Invalid JSON payload received. Unknown name "httpRequest" at 'task': Proto field is not repeating, cannot start list.`,
  ],
  [
    "a fraction as an integer",
    { ...request(), dispatchCount: 1.5 },
    "Invalid value at 'task.dispatch_count' (TYPE_INT32), 1.5",
  ],
  [
    "an integer beyond its type",
    { ...request(), dispatchCount: 2 ** 31 },
    "Invalid value at 'task.dispatch_count' (TYPE_INT32), 2147483648",
  ],
  ["text that isn't base64", request({ body: '{"a":1}' }), bytes('{"a":1}')],
  ["both alphabets of base64", request({ body: "_+8=" }), bytes("_+8=")],
  ["base64 of an impossible length", request({ body: "A" }), bytes("A")],
  ["base64 with bits to spare", request({ body: "_-9" }), bytes("_-9")],
  ["base64 with a line break", request({ body: "AAAA\n" }), bytes("AAAA\n")],
  ["base64 with one = too few", request({ body: "AA=" }), bytes("AA=")],
  ["a number as bytes", request({ body: 5 }), "Invalid value at 'task.http_request.body' (TYPE_BYTES), 5"],
  ["a time without a zone", { ...request(), scheduleTime: "2026-01-01T00:00:00" }, timestamp(ZONE)],
  ["a time with a space after it", { ...request(), scheduleTime: "2026-01-01T00:00:00Z " }, timestamp(ZONE)],
  ["a date", { ...request(), scheduleTime: "2026-01-01" }, timestamp(ZONE)],
  ["a time with a small z", { ...request(), scheduleTime: "2026-01-01T00:00:00z" }, timestamp(ZONE)],
  [
    "the 30th of February",
    { ...request(), scheduleTime: "2026-02-30T00:00:00Z" },
    timestamp("Invalid time format: 2026-02-30T00:00:00Z"),
  ],
  [
    "an hour of 24",
    { ...request(), scheduleTime: "2026-01-01T24:00:00Z" },
    timestamp("Invalid time format: 2026-01-01T24:00:00Z"),
  ],
  [
    "a time of ten digits",
    { ...request(), scheduleTime: "2026-01-01T00:00:00.0000000001Z" },
    timestamp("Invalid time format: 2026-01-01T00:00:00.0000000001Z"),
  ],
  [
    "the year 0",
    { ...request(), scheduleTime: "0000-01-01T00:00:00Z" },
    timestamp("Invalid time format: 0000-01-01T00:00:00Z"),
  ],
  [
    "a time that isn't text",
    { ...request(), scheduleTime: 5 },
    "Invalid value at 'task.schedule_time' (type.googleapis.com/google.protobuf.Timestamp), 5",
  ],
  [
    "a duration without a unit",
    { ...request(), dispatchDeadline: "30" },
    duration("Illegal duration format; duration must end with 's'"),
  ],
  [
    "a duration in minutes",
    { ...request(), dispatchDeadline: "3ms" },
    duration("Invalid duration format, failed to parse seconds"),
  ],
  [
    "a duration of 10,001 years",
    { ...request(), dispatchDeadline: "315576000001s" },
    duration("Duration value exceeds limits"),
  ],
  [
    "both targets",
    { appEngineHttpRequest: {}, ...request() },
    "Invalid value at 'task' (oneof), oneof field 'message_type' is already set. Cannot set 'httpRequest'",
  ],
])("refuses %s in Google's words, and creates nothing", async (_what, task, message) => {
  const { create, client, queue } = await setup();
  const refused = await create(task);
  expect([refused.status, refused.json.error?.status]).toEqual([400, "INVALID_ARGUMENT"]);
  expect(refused.json.error.message).toBe(message);
  expect(refused.json.error.details).toMatchObject([{ fieldViolations: [{ description: message }] }]);
  expect((await client.listTasks({ parent: queue }))[0]).toEqual([]);
});

it.each([
  ["full", `Invalid value at 'response_view' (${TASK}.Task.View), "full"`],
  [true, `Invalid value at 'response_view' (${TASK}.Task.View), true`],
])("refuses the view %s", async (responseView, message) => {
  const { create } = await setup();
  expect((await create(request(), { responseView })).json.error.message).toBe(message);
});

it("reports every unknown field with its place, in one error", async () => {
  const { create } = await setup();
  const refused = await create({ httpRequest: { url: URL, bogus: 1, other: {} } }, { nope: null });
  const at = (name: string, place: string): string =>
    `Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`;
  const nested = " at 'task.http_request'";
  expect(refused.json.error.message.split("\n")).toEqual([at("bogus", nested), at("other", nested), at("nope", "")]);
  expect(refused.json.error.details).toEqual([
    {
      "@type": "type.googleapis.com/google.rpc.BadRequest",
      fieldViolations: [
        { field: "task.http_request", description: at("bogus", nested) },
        { field: "task.http_request", description: at("other", nested) },
        { description: at("nope", "") },
      ],
    },
  ]);
});

it.each(["[]", "5", "true", "null"])("refuses the body %s", async (body) => {
  const { call } = await setup();
  const refused = await call("POST", QUEUES, body);
  expect([refused.status, refused.json.error?.message]).toEqual([
    400,
    'Invalid JSON payload received. Unknown name "": Root element must be a message.',
  ]);
});

it.each<[sent: string, stored: string]>([
  [".123456+00:00", ".123456Z"],
  [".999999+00:00", ".999999Z"],
  [".5Z", ".500Z"],
  [".123456789Z", ".123456Z"],
  ["Z", ".000Z"],
])("stores a schedule time that ends in %s to the microsecond", async (sent, stored) => {
  const { create } = await setup();
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19);
  expect((await create({ ...request(), scheduleTime: `${inAnHour}${sent}` })).json.scheduleTime).toBe(
    `${inAnHour}${stored}`,
  );
});

it("reads a schedule time with an offset as the same moment", async () => {
  const { create } = await setup();
  const moment = Math.floor(Date.now() / 1000) * 1000 + 3_600_000;
  const inKolkata = `${new Date(moment + 19_800_000).toISOString().slice(0, 19)}+05:30`;
  expect((await create({ ...request(), scheduleTime: inKolkata })).json.scheduleTime).toBe(
    new Date(moment).toISOString(),
  );
});

it.each<[query: string, status: number, message?: string]>([
  ["pageSize=1", 200],
  ["page_size=1", 200],
  ["pageSize=", 400, "Invalid value at 'page_size' (TYPE_INT32), \"\""],
  ["pageSize=abc", 400, "Invalid value at 'page_size' (TYPE_INT32), \"abc\""],
  ["pageSize=1.5", 400, "Invalid value at 'page_size' (TYPE_INT32), \"1.5\""],
  ["responseView=FULL", 200],
  ["response_view=2", 200],
  ["responseView=NOPE", 400, `Invalid value at 'response_view' (${TASK}.Task.View), "NOPE"`],
  ["responseView=full", 400, `Invalid value at 'response_view' (${TASK}.Task.View), "full"`],
  [
    "bogus=1",
    400,
    `Invalid JSON payload received. Unknown name "bogus": Cannot bind query parameter. Field 'bogus' could not be found in request message.`,
  ],
  ["alt=json&key=k&quotaUser=q&$.xgafv=2", 200],
  ["alt=media", 400, `Invalid value "media" for query parameter 'alt'`],
])("answers a query of %s with %i", async (query, status, message) => {
  const { call, queue } = await setup();
  const answer = await call("GET", `/v2/${queue}/tasks?${query}`);
  expect([answer.status, answer.json.error?.message]).toEqual([status, message]);
});

it.each([
  ["the proto's names in the body", "", { rate_limits: { max_dispatches_per_second: 7 } }],
  ["numbers as text", "", { rateLimits: { maxDispatchesPerSecond: "7" } }],
  [
    "a mask in JSON's spelling",
    "?updateMask=rateLimits.maxDispatchesPerSecond",
    { rateLimits: { maxDispatchesPerSecond: 7 } },
  ],
  [
    "a mask in the proto's spelling",
    "?update_mask=rate_limits.max_dispatches_per_second",
    { rateLimits: { maxDispatchesPerSecond: 7 } },
  ],
  ["a field in the query", "?queue.rateLimits.maxDispatchesPerSecond=7", {}],
])("updates a queue by %s", async (_what, query, body) => {
  const { call, queue } = await setup();
  const updated = await call("PATCH", `/v2/${queue}${query}`, body);
  expect(updated.json).toMatchObject({ name: queue, rateLimits: { maxDispatchesPerSecond: 7 } });
});
