import { status } from "@grpc/grpc-js";
import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { PARENT, createQueue, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

const URL = "https://example.com/work";
const GOOGLE_URL = "https://example.googleapis.com/work";
const EMAIL = "worker@my-project.iam.gserviceaccount.com";
const ANY_REASON = "Request contains an invalid argument.";
const NO_EMAIL = "service_account_email must be set.";
const NO_BODY = "Body can only be set if the http_method is POST, PUT, or PATCH.";
const FOREIGN = 'Invalid url for HttpRequest.oauth_token. The hostname in the url must end with ".googleapis.com"';
const BEGINNING_MS = Date.UTC(2026, 5, 1);

async function setup() {
  const harness = await startHarness({ clock: new VirtualClock({ startMs: BEGINNING_MS }) });
  const parent = await createQueue(harness);
  await harness.client.pauseQueue({ name: parent });
  const create = async (request: object, task: object = {}) => {
    const sent = { parent, task: { httpRequest: { url: URL, ...request }, ...task } };
    return (await harness.client.createTask(sent))[0];
  };
  return { ...harness, parent, create };
}

const oidc = (serviceAccountEmail: string, audience = ""): object => ({ oidcToken: { serviceAccountEmail, audience } });
const oauth = (serviceAccountEmail: string, scope = ""): object => ({ oauthToken: { serviceAccountEmail, scope } });
const tooFar = (time: string): string =>
  `The Task.scheduleTime, ${time}, is too far in the future. Schedule time must be no more than 720h in the future.`;
const at = (time: string, nanos = 0): object => ({ scheduleTime: { seconds: Date.parse(time) / 1000, nanos } });

it.each<[what: string, request: object, task: object, message: string]>([
  ...["GET", "HEAD", "DELETE", "OPTIONS"].map((httpMethod): [string, object, object, string] => [
    `a body on ${httpMethod}`,
    { httpMethod, body: Buffer.from("hi") },
    {},
    NO_BODY,
  ]),
  ["no URL", { url: "" }, {}, "HttpRequest.url is required."],
  ["an OIDC token without an e-mail", oidc(""), {}, NO_EMAIL],
  ["an OAuth token without an e-mail", oauth(""), {}, NO_EMAIL],
  ...["not-an-email", "tasks@", "@example.com", "a@b@example.com"].flatMap(
    (email): [string, object, object, string][] => [
      [`an OIDC token for ${email}`, oidc(email), {}, ANY_REASON],
      [`an OAuth token for ${email}`, { url: GOOGLE_URL, ...oauth(email) }, {}, ANY_REASON],
    ],
  ),
  ["an OAuth token to another host", oauth(EMAIL), {}, FOREIGN],
  ["an OAuth token to googleapis.com itself", { url: "https://googleapis.com/", ...oauth(EMAIL) }, {}, FOREIGN],
  ["an OAuth token to a host that only looks so", { url: "https://evilgoogleapis.com/", ...oauth(EMAIL) }, {}, FOREIGN],
  ["the year 2100", {}, at("2100-01-01T00:00:00Z"), tooFar("2099-12-31T16:00:00-08:00")],
  ["summer in 2100", {}, at("2100-07-01T00:00:00Z"), tooFar("2100-06-30T17:00:00-07:00")],
  ["half a second of 2100", {}, at("2100-01-01T00:00:00Z", 5e8), tooFar("2099-12-31T16:00:00.5-08:00")],
  ["a nanosecond of 2100", {}, at("2100-01-01T00:00:00Z", 1), tooFar("2099-12-31T16:00:00.000000001-08:00")],
  ["the year 10000", {}, { scheduleTime: { seconds: 253_402_300_800 } }, ANY_REASON],
  [
    "a deadline of 14 s",
    {},
    { dispatchDeadline: { seconds: 14 } },
    "Task.dispatchDeadline must be between [15s, 30m].",
  ],
])("refuses %s, and creates nothing", async (_what, request, task, message) => {
  const { client, create, parent } = await setup();
  const rejection = await rejectionOf(() => create(request, task));
  expect([rejection.code, rejection.message]).toEqual([status.INVALID_ARGUMENT, message]);
  expect((await client.listTasks({ parent }))[0]).toEqual([]);
});

it.each<[what: string, request: object, stored: object]>([
  ["an OIDC token without an audience", oidc(EMAIL), { oidcToken: { serviceAccountEmail: EMAIL, audience: URL } }],
  ["an OIDC token with any audience", oidc(EMAIL, "audience"), { oidcToken: { audience: "audience" } }],
  [
    "an OAuth token without a scope",
    { url: GOOGLE_URL, ...oauth(EMAIL) },
    { oauthToken: { serviceAccountEmail: EMAIL, scope: "https://www.googleapis.com/auth/cloud-platform" } },
  ],
  ["an OAuth token with any scope", { url: GOOGLE_URL, ...oauth(EMAIL, "s") }, { oauthToken: { scope: "s" } }],
  ["the method 99", { httpMethod: 99 }, { httpMethod: "POST" }],
])("stores %s as the service does", async (_what, request, stored) => {
  const { create } = await setup();
  expect((await create(request)).httpRequest).toMatchObject(stored);
});

/** Names and values of headers, and what of them is stored. */
const HEADERS: [name: string, value: string, stored: string | undefined][] = [
  ...[
    "user-agent",
    "Host",
    "Content-Length",
    "Connection",
    "Keep-Alive",
    "Proxy-Authorization",
    "Proxy-Connection",
  ].map((name): [string, string, undefined] => [name, "value", undefined]),
  ...["TE", "Transfer-Encoding", "Upgrade", "Via", "Accept-Encoding", "X-Forwarded-For", "From", "X-Google"].map(
    (name): [string, string, undefined] => [name, "value", undefined],
  ),
  ["X-Google-Custom", "value", undefined],
  ["x-appengine-custom", "value", undefined],
  ...["Authorization", "Content-Type", "Trailer", "X-Forwarded-Proto", "X-Goog-Custom", "X-CloudTasks-TaskName"].map(
    (name): [string, string, string] => [name, "value", "value"],
  ),
  ["Bad Header", "value", undefined],
  ["X\tTab", "value", undefined],
  ["X:Colon", "value", undefined],
  ["", "value", undefined],
  ["X-Ü", "value", undefined],
  ["X/Slash", "value", "value"],
  ["X-Newline", "a\nb", "a_b"],
  ["X-Crlf", "a\r\nb", "a__b"],
  ["X-Tab", "a\tb", "a\tb"],
  ["X-Nul", "a\0b", "a"],
  ["X-Control", "a\u0001b", undefined],
  ["X-Delete", "a\u007Fb", undefined],
  ["X-Unicode", "ü", undefined],
  ["X-Empty", "", undefined],
  ["X-Space", " ", " "],
  ["X-Kept", "v".repeat(8182), "v".repeat(8182)],
  ["X-Gone", "v".repeat(8183), undefined],
];

it.each(HEADERS)("stores the header %j: %.20j as %.20j", async (name, value, stored) => {
  const { create } = await setup();
  const task = await create({ headers: { [name]: value } });
  expect(task.httpRequest?.headers).toEqual({
    "User-Agent": "Google-Cloud-Tasks",
    ...(stored === undefined ? {} : { [name]: stored }),
  });
});

test("delivers a task although one of its headers can't be sent", async () => {
  const harness = await startHarness();
  const parent = await createQueue(harness);
  const headers = { "X/Slash": "value", "X-A": "a" };
  await harness.client.createTask({ parent, task: { httpRequest: { url: harness.receiver.url, headers } } });
  await harness.receiver.arrived(1);
  expect(harness.receiver.received[0]?.headers.get("X-A")).toBe("a");
});

it.each([
  ["createTask", 0, "BASIC"],
  ["createTask", 99, "VIEW_UNSPECIFIED"],
  ["getTask", 0, "BASIC"],
  ["getTask", 2, "FULL"],
  ["getTask", 99, "VIEW_UNSPECIFIED"],
  ["listTasks", 99, "BASIC"],
] as const)("%s with the view %i tells %s", async (rpc, number, told) => {
  const { client, parent } = await setup();
  // The client's types know the names of the views only.
  const view: object = { responseView: number };
  const task = { name: `${parent}/tasks/t`, httpRequest: { url: URL, body: Buffer.from("hi") } };
  const [created] = await client.createTask({ parent, task, ...(rpc === "createTask" ? view : {}) });
  const [[listed]] = await client.listTasks({ parent, ...view });
  const shown = {
    createTask: created,
    getTask: (await client.getTask({ name: task.name, ...view }))[0],
    listTasks: listed,
  };
  expect(shown[rpc]).toMatchObject({ view: told });
  expect(shown[rpc]?.httpRequest?.body).toHaveLength(number === 2 ? 2 : 0);
});

test("answers RunTask with the task as it was, one more dispatch, and an attempt that is only scheduled", async () => {
  const { client, create, receiver } = await setup();
  const seconds = BEGINNING_MS / 1000 + 3600;
  const task = await create({ url: receiver.url }, { scheduleTime: { seconds } });
  const [running] = await client.runTask({ name: task.name ?? "" });
  expect(running).toMatchObject({
    dispatchCount: 1,
    responseCount: 0,
    firstAttempt: null,
    scheduleTime: { seconds: String(seconds) },
  });
  expect(running.lastAttempt).toMatchObject({
    scheduleTime: { seconds: String(seconds) },
    dispatchTime: null,
    responseTime: null,
    responseStatus: null,
  });
});

test("pages through three tasks by two, and ends with an empty page", async () => {
  const { client, create, parent } = await setup();
  for (const id of ["a", "b", "c"]) await create({}, { name: `${parent}/tasks/${id}` });
  const sizes: [number, boolean][] = [];
  let pageToken = "";
  do {
    const [tasks, , reply] = await client.listTasks({ parent, pageSize: 2, pageToken }, { autoPaginate: false });
    pageToken = reply.nextPageToken ?? "";
    sizes.push([tasks.length, pageToken !== ""]);
  } while (pageToken !== "" && sizes.length < 9);
  expect(sizes).toEqual([
    [2, true],
    [1, true],
    [0, false],
  ]);
  const [queues, , reply] = await client.listQueues({ parent: PARENT, pageSize: 1 }, { autoPaginate: false });
  expect([queues.length, reply.nextPageToken !== ""]).toEqual([1, true]);
});
