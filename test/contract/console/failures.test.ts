import { expect, it } from "vitest";
import { ACCOUNTS } from "../../harness/auth/callers.ts";
import { setUpConsole } from "../../harness/console/console-harness.ts";

const BACK = "Back to where you were";
const HERE = "http://127.0.0.1:8082";

/** A producer that says who asks, and then something else. */
async function setUpAnswering(status: number, body: string, type = "text/html") {
  return await setUpConsole({
    fetch: async (url, init) =>
      url.endsWith("/v1/me")
        ? await fetch(url, init)
        : new Response(body, { status, headers: { "content-type": type } }),
  });
}

it("links from a refused action back to the page with its button", async () => {
  const { request } = await setUpPerson();
  const page = await request(`${HERE}/queues/default?a=b`);
  expect(page.status).toBe(403);
  expect(page.main).toContain(BACK);
  expect(page.links).toContain("/queues/default?a=b");
});

it.each([
  ["no address", undefined],
  ["an address that is none", "nowhere"],
  ["a script", "javascript:alert(1)"],
  ["a path that browsers take for another host", `${HERE}//evil.example/`],
  ["a path that browsers take for another host, with a backslash", `${HERE}/\\evil.example/`],
])("links nowhere from a refused action that was sent from %s", async (_, from) => {
  const { request } = await setUpPerson();
  const page = await request(from);
  expect(page.status).toBe(403);
  expect(page.main).not.toContain(BACK);
  for (const link of page.links) expect(link).toMatch(/^(?:\/(?![/\\])|#main$)/);
});

async function setUpPerson() {
  const { post } = await setUpConsole({ person: ACCOUNTS.viewer });
  return {
    request: (referer: string | undefined) =>
      post("/queues/default/pause", {}, referer === undefined ? {} : { referer }),
  };
}

it.each([
  ["a page of somebody else's", 200, "<html>", 502, "is not one of a producer. Check that PRODUCER_URL is"],
  ["Cloud Run's refusal of the console", 403, "<h1>Forbidden</h1>", 502, "is not one of a producer. Check that"],
  ["no instance that is free", 503, "<h1>Unavailable</h1>", 503, "is not one of a producer."],
  ["too many requests", 429, "Rate exceeded.", 429, "is not one of a producer."],
])("describes %s in place of a producer as what it is", async (_, status, body, shown, detail) => {
  const { get } = await setUpAnswering(status, body);
  const page = await get("/schedules?a=b");
  expect(page.status).toBe(shown);
  expect(page.main).toContain(detail);
  // The same page again, not the overview.
  expect(page.main).toContain("Try again");
  expect(page.links).toContain("/schedules?a=b");
});

it("says that it is the console whose token the producer refuses, not the person's", async () => {
  const problem = {
    type: "about:blank",
    status: 401,
    title: "Unauthorized",
    code: "no-token",
    detail: "Send a token.",
  };
  const { get } = await setUpAnswering(401, JSON.stringify(problem), "application/problem+json");
  const page = await get("/schedules");
  expect([page.status, page.main]).toEqual([
    502,
    expect.stringContaining("about the console's own account, not about you"),
  ]);
});

it("tells in the browser's standards mode that it can't find out who asks", async () => {
  const { get } = await setUpConsole({ fetch: () => Promise.reject(new TypeError("fetch failed")) });
  const page = await get("/");
  expect([page.status, page.html.slice(0, 32)]).toEqual([502, '<!doctype html><html lang="en"><']);
});
