import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { exchange } from "../../harness/network/raw-http.ts";
import { type GuardCase, guardCases } from "./cases.ts";
import { SURFACES, type Surface } from "./surfaces.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Sends a GET of the case, exactly as written, and returns the status and the whole response. */
async function play(surface: Surface, guardCase: GuardCase) {
  const { hosts = [`127.0.0.1:${surface.port}`], headers = [], targetPrefix = "", version = "HTTP/1.1" } = guardCase;
  const lines = [
    `GET ${targetPrefix}${surface.healthPath} ${version}`,
    ...hosts.map((host) => `Host: ${host}`),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(headers.some(([name]) => name === "Connection") ? [] : ["Connection: close"]),
  ];
  return await exchange(surface.port, Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
}

describe.each(Object.entries(SURFACES))("%s", (_name, start) => {
  it("serves programs and its own pages, by its own names only", async () => {
    const surface = await start();
    const cases = guardCases(surface.port);
    const seen = new Map<string, number | "served" | null>();
    for (const guardCase of cases) {
      const { status } = await play(surface, guardCase);
      // The emulators look for a path, so a whole URL gets past the guard and finds nothing.
      const isServed = status === 200 || (status === 404 && guardCase.targetPrefix !== undefined);
      seen.set(guardCase.name, isServed ? "served" : status);
    }
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(cases.map(({ name, expected }) => [name, expected])));
  });

  it("lets no page make requests other than those that need no permission", async () => {
    const { port, healthPath } = await start();
    const preflight = await fetch(`http://127.0.0.1:${port}${healthPath}`, {
      method: "OPTIONS",
      headers: {
        origin: "https://evil.example",
        "access-control-request-method": "DELETE",
        "access-control-request-headers": "content-type",
        "access-control-request-private-network": "true",
      },
    });
    expect(preflight.status).toBe(403);
    const own = await fetch(`http://127.0.0.1:${port}${healthPath}`, {
      headers: { origin: `http://127.0.0.1:${port}` },
    });
    expect(own.status).toBe(200);
    for (const { headers } of [preflight, own]) {
      expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
  });

  it("says why it refuses, and what to do about it", async () => {
    const surface = await start();
    const unknown = await play(surface, { name: "", hosts: ["my-laptop.example"], expected: 403 });
    expect(unknown.text).toMatch(/doesn't know the name my-laptop\.example.+--allow-host.+ALLOW_HOST/);
    const page = await play(surface, { name: "", headers: [["Origin", "https://evil.example"]], expected: 403 });
    expect(page.text).toContain("comes from a web page that this server didn't serve");
  });

  it("keeps the connection open for the next request after refusing one with a body", async () => {
    const { port, healthPath } = await start();
    const body = "x".repeat(200_000);
    const refused = `POST ${healthPath} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const next = `GET ${healthPath} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`;
    const { text } = await exchange(port, Buffer.from(refused + next));
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(["403", "200"]);
  });
});

it("judges requests to the emulators by the services' rules, word for word", async () => {
  const copies = ["shared/http/foreign-request.ts", "packages/emulators/src/guard/foreign-request.ts"];
  const [services, emulators] = await Promise.all(copies.map((file) => readFile(path.join(ROOT, file), "utf8")));
  expect(emulators).toBe(services);
});
