import { expect, it } from "vitest";
import { setUpConsole } from "../../../harness/console/console-harness.ts";

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
