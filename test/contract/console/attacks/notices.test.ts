import { expect, it } from "vitest";
import { setUpConsole } from "../../../harness/console/console-harness.ts";

it.each([
  [
    "reached over https alone",
    true,
    /^__Host-handoff-notice=[^;]+; Max-Age=60; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  ],
  ["reached over http, too", false, /^handoff-notice=[^;]+; Max-Age=60; Path=\/; HttpOnly; SameSite=Lax$/],
])("the cookie of a notice of a console %s is its own as far as browsers allow", async (_, isSecure, form) => {
  const { app } = await setUpConsole({ isSecure, producer: { delivering: true } });
  const host = "127.0.0.1:8082";
  const page = await app.request("/queues/default", { headers: { host } });
  const [cookie = ""] = page.headers.getSetCookie()[0]?.split(";") ?? [];
  const [, token = ""] = /name="token" value="([^"]+)"/.exec(await page.text()) ?? [];

  const done = await app.request("/queues/default/pause", {
    method: "POST",
    headers: { host, cookie },
    body: new URLSearchParams({ token }),
  });

  expect([done.status, done.headers.getSetCookie()]).toEqual([303, [expect.stringMatching(form)]]);
});

it("a notice that another host of the domain has set isn't shown over https", async () => {
  const { app } = await setUpConsole({ isSecure: true });
  const headers = { host: "127.0.0.1:8082", cookie: "handoff-notice=Paused%20everything" };
  expect(await (await app.request("/schedules", { headers })).text()).not.toContain("Paused everything");
});

it.each([
  ["an image", encodeURIComponent("<img src=x onerror=alert(1)>"), "<img src=x onerror=alert(1)>"],
  ["lines of a header", "a%0d%0aSet-Cookie:%20b=c", "a Set-Cookie: b=c"],
  ["what can't be decoded", "%FF%ZZ", "%FF%ZZ"],
  ["very much", "y".repeat(9_000), "y".repeat(400)],
])("a notice that another page has set with %s is shown as text, once", async (_, cookie, text) => {
  const { app } = await setUpConsole();
  const response = await app.request("/schedules", {
    headers: { host: "127.0.0.1:8082", cookie: `handoff-notice=${cookie}` },
  });
  const html = await response.text();
  const [, shown = ""] = /<p class="notice">(.*?)<\/p>/s.exec(html) ?? [];
  expect(shown.replaceAll(/\s+/g, " ")).toBe(text.replaceAll("<", "&lt;").replaceAll(">", "&gt;"));
  expect(response.headers.getSetCookie()).toContainEqual(expect.stringMatching(/^handoff-notice=; Max-Age=0/));
  expect(response.headers.getSetCookie().join("\n")).not.toContain("b=c");
});
