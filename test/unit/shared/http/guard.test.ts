import { expect, it } from "vitest";
import * as z from "zod";
import { guardAgainstPages, guardVariables } from "../../../../shared/http/guard.ts";
import { readConfig } from "../../../../shared/runtime/config.ts";
import { captureLog } from "../../../harness/runtime/captured-log.ts";

const configSchema = z.object(guardVariables);

function setup(environment: Readonly<Record<string, string>>) {
  const served: Request[] = [];
  const { log, lines } = captureLog();
  const fetch = guardAgainstPages(
    (request) => {
      served.push(request);
      return new Response("served");
    },
    { config: readConfig(configSchema, environment), log },
  );
  return { fetch, served, lines };
}

const CLOUD_RUN = { K_SERVICE: "producer" };
const URL_ON_CLOUD_RUN = "https://producer-abc.a.run.app/v1/tasks";
const HOST = { host: "producer-abc.a.run.app" };

it.each([
  ["a program", {}],
  ["a page of its own", { origin: "https://producer-abc.a.run.app", "sec-fetch-site": "same-origin" }],
])("serves %s by any name on Cloud Run", async (_name, headers) => {
  const { fetch, served } = setup(CLOUD_RUN);
  const response = await fetch(new Request(URL_ON_CLOUD_RUN, { headers: { ...HOST, ...headers } }));
  expect(await response.text()).toBe("served");
  expect(served).toHaveLength(1);
});

it.each([
  // As behind `gcloud run services proxy`, which adds the developer's token to whatever it receives.
  { origin: "http://rebound.example:8080" },
  { origin: "http://producer-abc.a.run.app" },
  { origin: "https://producer-abc.a.run.app:8443" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { referer: "https://evil.example/" },
])("refuses a page from elsewhere on Cloud Run: %j", async (headers) => {
  const { fetch, served } = setup(CLOUD_RUN);
  const response = await fetch(new Request(URL_ON_CLOUD_RUN, { headers: { ...HOST, ...headers } }));
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ status: 403, code: "foreign-request" });
  expect(served).toEqual([]);
});

it("says that a request is malformed if its host can't be read", async () => {
  const { fetch, served } = setup({});
  const response = await fetch(new Request("http://127.0.0.1/v1/tasks", { headers: { host: "a.example, b.example" } }));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ title: "Bad request", code: "malformed-request" });
  expect(served).toEqual([]);
});

it("logs refused requests, cut and without the path", async () => {
  const { fetch, lines } = setup({});
  const origin = `https://${"a".repeat(1_000)}.example`;
  await fetch(new Request("http://127.0.0.1/v1/tasks?secret", { headers: { host: "127.0.0.1", origin } }));
  expect(lines).toHaveLength(1);
  const [line = ""] = lines;
  expect(JSON.parse(line)).toMatchObject({ severity: "WARNING", status: 403, host: "127.0.0.1" });
  expect(line.length).toBeLessThan(600);
  expect(line).not.toContain("secret");
});

it("reads a list of names", () => {
  const { ALLOW_HOST } = readConfig(configSchema, { ALLOW_HOST: " A.Example. , host.docker.internal,, b_c " });
  expect([...ALLOW_HOST]).toEqual(["a.example", "host.docker.internal", "b_c"]);
  expect([...readConfig(configSchema, {}).ALLOW_HOST]).toEqual([]);
});

it.each(["a.example:80", "http://a.example", "*", "a b", "*.example", ".example", "a..b", "[::1]"])(
  "refuses %j in the list of names",
  (name) => {
    expect(() => readConfig(configSchema, { ALLOW_HOST: `b.example,${name}` })).toThrow(/ALLOW_HOST: must be names/);
  },
);
