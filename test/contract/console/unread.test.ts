import { expect, it, onTestFinished } from "vitest";
import { refuseWithPage } from "../../../services/console/http/refuse-with-page.ts";
import { serveHttp } from "../../../shared/http/server.ts";
import { ASSETS } from "../../harness/console/console-harness.ts";
import { exchange } from "../../harness/network/raw-http.ts";

it.each([
  ["whose cookies are too long", `Cookie: a=${"b".repeat(17 * 1024)}`, 431, "Request header fields too large"],
  ["with an expectation", "Connection: close\r\nExpect: the-unexpected", 417, "Expectation failed"],
])("says on a page what is wrong with a request %s", async (_, header, status, title) => {
  const refuse = refuseWithPage(ASSETS);
  const fetch = (): Response => new Response("a page");
  const server = await serveHttp({ fetch, port: 0, host: "127.0.0.1", refuse });
  onTestFinished(() => server.close());

  const request = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${header}\r\n\r\n`;
  const response = await exchange(server.port, Buffer.from(request));

  expect(response.status).toBe(status);
  expect(response.text).toMatch(/^content-type: text\/html; charset=UTF-8\r$/im);
  expect(response.text).toMatch(/^content-security-policy: default-src 'none'; /im);
  expect(response.text).toMatch(new RegExp(`<!doctype html><html lang="en">.*<h1>${title}</h1><p>[^<]+\\.</p>`, "s"));
  expect(response.text).toContain(ASSETS.style.path);
});
