import { expect, it } from "vitest";
import { BODY, deliveryOf, ID, MAX_BYTES, refusalOf, requestOf } from "../../harness/worker/delivery-request.ts";

it.each([
  ["missing", undefined],
  ["empty", ""],
  ["given twice", `${ID}, ${ID}`],
  ["501 long", "a".repeat(501)],
  ["a way up", "../x"],
  ["a path", "a/b/c"],
  ["a name that Firestore reserves", "__x__"],
  ["a name that objects inherit", "constructor"],
  ["a full resource name", `projects/p/locations/l/queues/default-queue/tasks/${ID}`],
  ["in upper case", ID.toUpperCase()],
  ["of another task", ID.replace("0", "1")],
])("refuses a task name that is %s", async (_name, name) => {
  expect(await refusalOf(requestOf({ headers: { "x-cloudtasks-taskname": name } }))).toEqual({
    kind: "malformed",
    problems: [{ path: "X-CloudTasks-TaskName", message: "is not the name of the envelope's task" }],
  });
});

it.each(["constructor", "__proto__", "../x", "a\0b", "a\r\nb", `${ID}\n`, ID.replace("default", "Other")])(
  "refuses the id %j even if the task's name is the same",
  async (id) => {
    // Header values can't hold most of these; what counts is that the envelope alone is refused.
    const isHeader = /^[ -~]+$/.test(id);
    const headers = isHeader ? { "x-cloudtasks-taskname": id } : {};
    const problems = [{ path: "id", message: "must be a task id" }];
    expect(await refusalOf(requestOf({ headers, body: { id } }))).toEqual({ kind: "malformed", problems });
  },
);

it.each(["/tasks/other.type", "/tasks/test.count/", "/tasks/test%2Ecount", "/tasks/", "/tasks/test.count%00", "/"])(
  "refuses the path %s for a task of another type",
  async (path) => {
    expect(await refusalOf(requestOf({ path }))).toEqual({
      kind: "malformed",
      problems: [{ path: "type", message: "is not the type in the path" }],
    });
  },
);

it.each<[string, object]>([
  ["a payload other than the hashed one", { payload: { n: 2 } }],
  ["another hash", { payloadHash: "0".repeat(64) }],
])("refuses a payload with %s", async (_name, body) => {
  expect(await refusalOf(requestOf({ body }))).toEqual({
    kind: "malformed",
    problems: [{ path: "payloadHash", message: "is not the hash of the payload" }],
  });
});

it("lists all contradictions at once", async () => {
  const refusal = await refusalOf(
    requestOf({ path: "/tasks/a", headers: { "x-cloudtasks-taskname": "b" }, body: { payload: null } }),
  );
  expect(refusal).toMatchObject({
    problems: [{ path: "X-CloudTasks-TaskName" }, { path: "type" }, { path: "payloadHash" }],
  });
});

it.each([undefined, "", "bulk-queue", "default", "DEFAULT-QUEUE", "default-queue, default-queue", "constructor"])(
  "forbids a delivery by the queue %s",
  async (queue) => {
    expect(await refusalOf(requestOf({ headers: { "x-cloudtasks-queuename": queue } }))).toEqual({
      kind: "forbidden",
      reason: "other-queue",
    });
  },
);

it.each(["other", "constructor"])("forbids a task of the queue %s, which isn't registered", async (queue) => {
  const id = ID.replace("default", queue);
  const headers = { "x-cloudtasks-taskname": id, "x-cloudtasks-queuename": queue };
  expect(await refusalOf(requestOf({ headers, body: { id } }))).toEqual({ kind: "forbidden", reason: "other-queue" });
});

it.each([
  undefined,
  "",
  "text/plain",
  "application/json-seq",
  "text/json",
  "application/json, text/plain",
  "application/json; charset=utf-8, text/plain",
])("refuses the content type %s", async (type) => {
  const request = requestOf();
  if (type === undefined) request.headers.delete("content-type");
  else request.headers.set("content-type", type);
  expect(await refusalOf(request)).toEqual({ kind: "unsupported-media" });
});

it.each(["gzip", "br", "identity, gzip", ""])("refuses the content encoding %j", async (encoding) => {
  expect(await refusalOf(requestOf({ headers: { "content-encoding": encoding } }))).toEqual({
    kind: "unsupported-media",
  });
});

it("refuses a body whose Content-Length is too large without reading it", async () => {
  let pulls = 0;
  const bytes = new ReadableStream({ pull: () => void pulls++ }, { highWaterMark: 0 });
  const request = requestOf({ bytes, headers: { "content-length": String(MAX_BYTES + 1) } });
  expect(await refusalOf(request)).toEqual({ kind: "too-large", maxBytes: MAX_BYTES });
  expect(pulls).toBe(0);
});

it("stops reading a body of unknown length as soon as it is too large", async () => {
  let pulls = 0;
  let isCancelled = false;
  const bytes = new ReadableStream(
    {
      pull(controller) {
        pulls++;
        controller.enqueue(new Uint8Array(MAX_BYTES / 2));
      },
      cancel: () => void (isCancelled = true),
    },
    { highWaterMark: 0 },
  );
  expect(await refusalOf(requestOf({ bytes }))).toEqual({ kind: "too-large", maxBytes: MAX_BYTES });
  expect([pulls, isCancelled]).toEqual([3, true]);
});

it("refuses a body that is cut off, and doesn't report it as our error", async () => {
  const bytes = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(JSON.stringify(BODY))),
    pull: (controller) => controller.error(new Error("aborted")),
  });
  expect(await refusalOf(requestOf({ bytes }))).toEqual({
    kind: "malformed",
    problems: [{ path: "", message: "The body ended early." }],
  });
});

it("accepts a body of exactly the limit and refuses one byte more", async () => {
  const text = JSON.stringify(BODY);
  await expect(deliveryOf(requestOf({ bytes: text.padEnd(MAX_BYTES) }))).resolves.toBeDefined();
  expect(await refusalOf(requestOf({ bytes: text.padEnd(MAX_BYTES + 1) }))).toMatchObject({ kind: "too-large" });
});

it.each<[string, string | Uint8Array<ArrayBuffer>, string]>([
  ["no body", "", "The body is not valid JSON."],
  ["truncated JSON", JSON.stringify(BODY).slice(0, -1), "The body is not valid JSON."],
  ["invalid UTF-8", new Uint8Array([0x7b, 0xff, 0x7d]), "The body is not valid UTF-8."],
  ["500 levels", `${"[".repeat(500)}${"]".repeat(500)}`, "The body is nested more than 100 levels deep."],
])("refuses %s", async (_name, bytes, message) => {
  expect(await refusalOf(requestOf({ bytes }))).toEqual({ kind: "malformed", problems: [{ path: "", message }] });
});

it.each<[string, string, string]>([
  ["a number beyond doubles", JSON.stringify(BODY).replace('{"n":1}', '{"n":1e400}'), "payload.n"],
  ["an integer that a double changes", JSON.stringify(BODY).replace('{"n":1}', '{"n":9007199254740993}'), "payload.n"],
  ["a number that is too small", JSON.stringify(BODY).replace('{"n":1}', '{"n":[1e-400]}'), "payload.n.0"],
  ["a repeated field", JSON.stringify(BODY).replace('{"n":1}', '{"n":1,"n":1}'), "payload.n"],
  ["a repeated field of its own", JSON.stringify(BODY).replace("{", String.raw`{"\u0069d":"other",`), "id"],
  ["a field __proto__", JSON.stringify(BODY).replace('{"n":1}', '{"n":1,"__proto__":{}}'), "payload.__proto__"],
  ["half a surrogate pair", JSON.stringify(BODY).replace('{"n":1}', String.raw`{"n":"\ud800"}`), "payload.n"],
  ["an invalid hop", JSON.stringify({ ...BODY, hop: 1.5 }), "hop"],
  ["a missing field", JSON.stringify({ ...BODY, enqueuedAt: undefined }), "enqueuedAt"],
  ["a list", "[]", ""],
  ["null", "null", ""],
])("refuses an envelope that is or has %s", async (_name, bytes, path) => {
  expect(await refusalOf(requestOf({ bytes }))).toMatchObject({ kind: "malformed", problems: [{ path }] });
});

it.each([
  [{}, "-h0"],
  [{}, "-h1"],
  [{ hop: 0 }, "-h0"],
  [{ hop: 3 }, ""],
  [{ hop: 3 }, "-h2"],
  [{ hop: 3 }, "-h03"],
  [{ hop: 3 }, "-h3-h3"],
])("refuses the hop %j under a name that ends in %j", async (body, suffix) => {
  const headers = { "x-cloudtasks-taskname": `${BODY.id}${suffix}` };
  expect(await refusalOf(requestOf({ body, headers }))).toMatchObject({
    kind: "malformed",
    problems: [{ path: "X-CloudTasks-TaskName" }],
  });
});
