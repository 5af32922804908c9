import { Hono } from "hono";
import { expect, it } from "vitest";
import { apiHeaders, apiResponse } from "../../../../shared/http/headers/api-headers.ts";
import { problemResponse } from "../../../../shared/http/problem.ts";

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
};

const app = new Hono();
app.use(apiHeaders);
app.get("/text", (context) => context.body("text", 200, { "cache-control": "public", "content-type": "text/plain" }));
app.get("/complete", () => apiResponse({}, { status: 202, headers: { location: "/complete/1" } }));
app.get("/thrown", () => {
  throw new Error("canary");
});
app.onError(() => problemResponse({ status: 500, code: "internal", title: "Internal error" }));
app.notFound(() => problemResponse({ status: 404, code: "not-found", title: "Not found" }));

it.each([
  ["a response that brings its own Cache-Control", "/text", 200, { "content-type": "text/plain" }],
  ["one made with them", "/complete", 202, { "content-type": "application/json", location: "/complete/1" }],
  ["an error", "/thrown", 500, { "content-type": "application/problem+json" }],
  ["a path that doesn't exist", "/nowhere", 404, { "content-type": "application/problem+json" }],
])("puts these headers and no others on %s", async (_name, path, status, more) => {
  const response = await app.request(path);

  expect(response.status).toBe(status);
  expect(Object.fromEntries(response.headers)).toEqual({ ...HEADERS, ...more });
});

it("doesn't look at the headers of a response that was made with them", async () => {
  const untouched = new Hono();
  untouched.use(apiHeaders);
  untouched.get("/", () => {
    const response = apiResponse({}, { status: 200, headers: {} });
    return Object.defineProperty(response, "headers", { get: () => expect.unreachable() });
  });

  expect((await untouched.request("/")).status).toBe(200);
});
