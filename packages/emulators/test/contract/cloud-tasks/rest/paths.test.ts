import { CloudTasksClient } from "@google-cloud/tasks";
import { PassThroughClient } from "google-auth-library";
import { expect, it, onTestFinished, test } from "vitest";
import { createQueue, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";
import { startRestHarness } from "../support/rest-caller.ts";

const QUEUE = "projects/p/locations/l/queues/q";

it.each([
  ["PUT", `/v2/${QUEUE}`],
  ["GET", `/v2/${QUEUE}/jobs`],
  ["GET", `/v2/${QUEUE}:pause`],
  ["POST", `/v2/${QUEUE}/tasks/t:unknown`],
  ["GET", `/v2/${QUEUE}/tasks/t/x`],
  ["GET", "/v2/projects/p"],
  ["GET", `/v2/${QUEUE}/%zz`],
  ["DELETE", "/v2/projects/p/locations/l/operations/o"],
  ["PUT", `/v2beta3/${QUEUE}`],
  ["PUT", `/${QUEUE}`],
])("answers %s %s, which is no method, with an error of the API that names it", async (method, path) => {
  const { call } = await startRestHarness();
  const answer = await call(method, path);
  expect([answer.status, answer.type]).toEqual([404, "application/json; charset=UTF-8"]);
  expect(answer.json.error).toMatchObject({ code: 404, status: "NOT_FOUND" });
  expect(answer.json.error.message).toContain(`${method} ${path}`);
});

it.each([
  ["POST", "tasks:lease", { leaseDuration: "5s" }, "LeaseTasks"],
  ["POST", "tasks/t:acknowledge", { scheduleTime: "2026-01-01T00:00:00Z" }, "AcknowledgeTask"],
])("answers %s %s of v2beta2, which isn't implemented, with its name", async (method, path, body, rpc) => {
  const { call } = await startRestHarness();
  const answer = await call(method, `/v2beta2/${QUEUE}/${path}`, body);
  expect([answer.status, answer.json.error]).toMatchObject([
    501,
    { status: "UNIMPLEMENTED", message: expect.stringContaining(rpc) },
  ]);
});

it.each([
  ["GET", "/v2/bogus"],
  ["POST", "/bogus"],
  ["GET", "/<script>"],
])("answers %s %s with a page", async (method, path) => {
  const { call } = await startRestHarness();
  const answer = await call(method, path);
  expect([answer.status, answer.type]).toEqual([404, "text/html; charset=UTF-8"]);
  expect(answer.text).toContain("was not found on this server");
  expect(answer.text).not.toContain("<script>");
});

it.each(["/", "/oauth2/v1/certs", "/oauth2/v3/certs"])("allows GET and HEAD for %s, and says so", async (path) => {
  const { base } = await startRestHarness();
  const refused = await fetch(`${base}${path}`, { method: "POST" });
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  expect((await fetch(`${base}${path}`, { method: "HEAD" })).status).toBe(200);
});

test("a path without a version answers a created task as Firebase's emulator does, for its SDK for Python", async () => {
  const harness = await startRestHarness();
  const queue = await createQueue(harness);
  await harness.client.pauseQueue({ name: queue });
  const name = `${queue}/tasks/one`;
  const httpRequest = { url: "http://127.0.0.1:9/", oidcToken: { serviceAccountEmail: "a@example.com" } };
  const created = await harness.call("POST", `/${queue}/tasks`, { task: { name, httpRequest, scheduleTime: null } });
  expect(created.json).toMatchObject({ task: { name: `/${name}`, httpRequest: { url: httpRequest.url } } });
  expect((await harness.call("GET", `/${name}`)).json).toMatchObject({ name });
  expect((await harness.call("POST", `/${queue}/tasks`, { task: { name, httpRequest } })).json.error).toMatchObject({
    code: 409,
  });
});

it.each(["v1", "v2", "v2beta3", "v2beta2"])(
  "lists the locations by %s: its own, and those with queues",
  async (version) => {
    const { call, client } = await startRestHarness({ project: "p", location: "here", queues: [{ name: "q" }] });
    const parent = "projects/p/locations/there";
    await client.createQueue({ parent, queue: { name: `${parent}/queues/q` } });
    const location = (id: string) => ({
      name: `projects/p/locations/${id}`,
      locationId: id,
      labels: { "cloud.googleapis.com/region": id },
    });
    expect((await call("GET", `/${version}/projects/p/locations`)).json).toEqual({
      locations: [location("here"), location("there")],
    });
    expect((await call("GET", `/${version}/projects/p/locations/there`)).json).toEqual(location("there"));
    expect((await call("GET", `/${version}/projects/p/locations/-`)).status).toBe(400);
  },
);

it.each(["grpc", "rest"] as const)("Google's client lists locations and gets one over %s", async (transport) => {
  const { emulator } = await startHarness();
  const { host: apiEndpoint, port } = emulator;
  const authClient = new PassThroughClient();
  const client = new CloudTasksClient(
    transport === "grpc"
      ? emulator.clientOptions()
      : { fallback: "rest", protocol: "http", apiEndpoint, port, authClient },
  );
  onTestFinished(() => client.close());
  const found: unknown[] = [];
  for await (const { locationId } of client.listLocationsAsync({ name: "projects/my-project" })) found.push(locationId);
  expect(found).toEqual(["local"]);
  const location = await client.getLocation({ name: "projects/my-project/locations/anywhere" });
  // The client returns a list, whatever its types say.
  expect(Object.values(location)[0]).toMatchObject({ locationId: "anywhere" });
  const wildcard = await rejectionOf(() => client.getLocation({ name: "projects/my-project/locations/-" }));
  expect(wildcard.message).toContain("Location '-' is not a valid location.");
});
