import { expect, it } from "vitest";
import { setUpConsole } from "../../../harness/console/console-harness.ts";

/** Pages of each kind: a list, one that isn't there, and an error of the producer's. */
const PAGES = ["/", "/dead-letters", "/no/such/page", "/queues/nosuch", "/tasks/nosuch"];

it("no page can be framed, runs other scripts than ours, or sends a form elsewhere", async () => {
  const { get } = await setUpConsole();
  for (const path of PAGES) {
    const { headers } = await get(path);
    const policy = new Map(
      (headers.get("content-security-policy") ?? "").split("; ").map((rule) => {
        const [name = "", ...values] = rule.split(" ");
        return [name, values.join(" ")];
      }),
    );
    expect(Object.fromEntries(policy)).toEqual({
      "default-src": "'none'",
      "script-src": "'self'",
      "style-src": "'self'",
      "img-src": "'self'",
      "connect-src": "'self'",
      "form-action": "'self'",
      "base-uri": "'none'",
      "frame-ancestors": "'none'",
    });
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("same-origin");
    expect(headers.get("cache-control")).toBe("no-cache, private");
  }
});

it("no page has an inline script or style, or an attribute that contains one", async () => {
  const { get } = await setUpConsole();
  for (const path of PAGES) {
    const { html } = await get(path);
    expect(html).not.toMatch(/<style|<script(?![^>]*\bsrc="\/assets\/)|\sstyle="|\son[a-z]+="|javascript:/i);
  }
});

it.each([
  ["a link on another site opens a page", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, 200],
  ["a page of another site can't load one", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, 403],
  ["a page of another site can't fetch one", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }, 403],
  ["a page of a sibling site can't fetch one", { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }, 403],
  ["our own script fetches one", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }, 200],
  ["an address that was typed opens a page", { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }, 200],
  ["a name that leads here by somebody else's DNS opens nothing", { host: "rebound.example" }, 403],
])("%s", async (_, headers, status) => {
  const { get } = await setUpConsole();
  expect((await get("/", headers)).status).toBe(status);
});

it("an address can't redirect a browser elsewhere", async () => {
  const { get } = await setUpConsole();
  const elsewhere = ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"];
  for (const to of elsewhere) {
    for (const path of [`/search?q=${encodeURIComponent(to)}`, `/${to}`, `/tasks/${encodeURIComponent(to)}`]) {
      const { location } = await get(path);
      expect(location ?? "/").toMatch(/^\/(?![/\\])/);
    }
  }
});
