import type http from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFloodServer } from "../../../harness/network/flood-server.ts";
import { setUpWebhooks } from "../../../harness/worker/webhook-harness.ts";

const OVERFLOWING = { kind: "retry", error: { code: "invalid_answer" } };
const BUSY = {
  kind: "retry",
  error: {
    code: "host_busy",
    message: "As many deliveries to the subscriber's host as may be are under way.",
  },
};

async function startFlood(flood: { beginning?: string; repeated: string }) {
  const server = await startFloodServer(flood);
  onTestFinished(() => server.close());
  return { ...server, url: `http://127.0.0.1:${server.port}/` };
}

describe("the bytes before the response", () => {
  it.each([
    ["100s", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["102s", "HTTP/1.1 102 Processing\r\n\r\n"],
    ["103s", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"],
    ["199s with large headers", `HTTP/1.1 199 Misc\r\nx: ${"x".repeat(12_000)}\r\n\r\n`],
    ["a header block", `x: ${"x".repeat(100)}\r\n`],
    ["one header", "x"],
    ["empty lines", "\r\n"],
  ])("are limited if the subscriber sends %s without end", async (name, repeated) => {
    const beginning = name.startsWith("a header") || name.startsWith("one header") ? "HTTP/1.1 200 OK\r\nx: " : "";
    const flood = await startFlood({ beginning, repeated });
    const { deliver, abort } = await setUpWebhooks();
    // Only in case of a failure: a limit must end it, not the signal.
    onTestFinished(() => abort.abort());
    expect(await deliver({ url: flood.url })).toMatchObject(OVERFLOWING);
    await flood.closed;
    expect(flood.sentBytes()).toBeLessThan(16 * 1024 * 1024);
  });

  it.each([
    [15, { kind: "succeeded", result: { status: 204 } }],
    [16, OVERFLOWING],
  ])("may be %d informational responses and one more, or not", async (count, expected) => {
    const { deliver } = await setUpWebhooks({
      answer: (response: http.ServerResponse) => {
        for (let sent = 0; sent < count; sent++) response.writeProcessing();
        response.writeEarlyHints({ link: "</style.css>; rel=preload" });
        response.writeHead(204).end();
      },
    });
    expect(await deliver()).toMatchObject(expected);
  });
});

describe("the bytes after the status", () => {
  it.each([
    ["a body", "1000\r\n" + "x".repeat(4_096) + "\r\n"],
    ["chunk extensions", `1;${"x".repeat(8_000)}\r\nx\r\n`],
    ["trailers", `x: ${"x".repeat(100)}\r\n`],
  ])("are limited if the subscriber sends %s without end, and the status counts", async (name, repeated) => {
    const head = "HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n";
    const flood = await startFlood({ beginning: name === "trailers" ? `${head}0\r\n` : head, repeated });
    const { deliver, abort } = await setUpWebhooks();
    onTestFinished(() => abort.abort());
    expect(await deliver({ url: flood.url })).toEqual({ kind: "succeeded", result: { status: 202 } });
    await flood.closed;
  });
});

describe("deliveries to one host", () => {
  /** Subscribers that hold every request until told to answer. */
  async function setUpHeld(settings: { perHost: number }) {
    const held: http.ServerResponse[] = [];
    const set = await setUpWebhooks({
      answer: (response) => void held.push(response),
      settings: { WEBHOOK_DELIVERIES_PER_HOST: settings.perHost },
      resolve: (name) => Promise.resolve(name.startsWith("v4") ? [V4] : [V4, { address: "::1", family: 6 }]),
    });
    onTestFinished(() => set.abort.abort());
    const until = async (count: number) => {
      while (held.length < count) await set.receiver.next();
    };
    return { ...set, held, until };
  }
  const V4 = { address: "127.0.0.1", family: 4 };

  it("are as many as configured; another waits, and is sent when one has ended", async () => {
    const { deliver, held, until, receiver } = await setUpHeld({ perHost: 2 });
    const first = [deliver(), deliver()];
    await until(2);
    const third = deliver();
    await new Promise((resolve) => setImmediate(resolve));
    expect(receiver.received).toHaveLength(2);
    held[0]?.writeHead(204).end();
    await until(3);
    held[1]?.writeHead(204).end();
    held[2]?.writeHead(204).end();
    expect(await Promise.all([...first, third])).toMatchObject([{ kind: "succeeded" }, {}, { kind: "succeeded" }]);
  });

  it("that have waited for 10 s ask for a retry, and if too many wait, the others do so at once", async () => {
    const { deliver, until, receiver, clock } = await setUpHeld({ perHost: 1 });
    void deliver();
    await until(1);
    const second = deliver();
    expect(await deliver()).toEqual(BUSY);
    await clock.advance(10_000);
    expect(await second).toEqual(BUSY);
    expect(receiver.connections).toBe(1);
  });

  it("don't hold up another host, on another port of the same machine", async () => {
    const { deliver, until } = await setUpHeld({ perHost: 1 });
    void deliver();
    await until(1);
    const other = await setUpWebhooks();
    expect(await deliver({ url: other.url })).toMatchObject({ kind: "succeeded" });
  });

  it.each([
    "http://SUBSCRIBER.test:PORT/",
    "http://subscriber.test.:PORT/",
    "http://subscriber.test:PORT/other?query",
    "http://@subscriber.test:PORT/",
  ])("are counted together with those to %s", async (other) => {
    const { deliver, until, receiver, clock } = await setUpHeld({ perHost: 1 });
    const url = (text: string) => text.replace("PORT", String(receiver.port));
    void deliver({ url: url("http://subscriber.test:PORT/") });
    await until(1);
    const second = deliver({ url: url(other) });
    await clock.advance(10_000);
    expect(await second).toEqual(BUSY);
    expect(receiver.connections).toBe(1);
  });

  it("with many names for one address are twice as many as with one name", async () => {
    const { deliver, until, receiver, clock } = await setUpHeld({ perHost: 1 });
    const urls = ["a", "b", "c", "d"].map((name) => `http://v4-${name}.test:${receiver.port}/`);
    const sent = urls.map((url) => deliver({ url }));
    await until(2);
    await clock.advance(10_000);
    expect(await Promise.race(sent)).toEqual(BUSY);
    expect(receiver.connections).toBe(2);
  });

  it("whose names are being looked up are twice as many for a domain as for a host", async () => {
    const lookUps: string[] = [];
    const { deliver, clock, abort } = await setUpWebhooks({
      resolve: (name) => {
        lookUps.push(name);
        return name === "good.test" ? Promise.reject(new Error("at once")) : new Promise(() => undefined);
      },
      settings: { WEBHOOK_DELIVERIES_PER_HOST: 1 },
    });
    const sent = ["a", "b", "c"].map((name) => deliver({ url: `http://${name}.silent.test/` }));
    expect(await deliver({ url: "http://good.test/" })).toMatchObject({ error: { code: "network_error" } });
    expect(lookUps).toEqual(["a.silent.test", "b.silent.test", "good.test"]);
    await clock.advance(4_000);
    expect(await Promise.all(sent.slice(0, 2))).toMatchObject([
      { error: { code: "name_timeout" } },
      { error: { code: "name_timeout" } },
    ]);
    expect(lookUps.at(-1)).toBe("c.silent.test");
    abort.abort();
    expect(await sent[2]).toMatchObject({ error: { code: "aborted" } });
  });

  it.each<[string, (held: http.ServerResponse | undefined) => void]>([
    ["an error status", (held) => void held?.writeHead(500).end()],
    ["a closed connection", (held) => held?.destroy()],
  ])("make room for others if they end by %s", async (_name, end) => {
    const { deliver, held, until } = await setUpHeld({ perHost: 1 });
    const first = deliver();
    await until(1);
    end(held[0]);
    await first;
    void deliver();
    await until(2);
    expect(held).toHaveLength(2);
  });

  it("make room for others if their signal fires, or their name can't be resolved or is refused", async () => {
    const refused = { address: "10.0.0.1", family: 4 };
    const answers = [() => Promise.reject(new Error("no")), () => Promise.resolve([refused])];
    const { deliver, abort } = await setUpWebhooks({
      allowPrivateAddresses: false,
      resolve: () => answers.shift()?.() ?? new Promise(() => undefined),
      settings: { WEBHOOK_DELIVERIES_PER_HOST: 1 },
    });
    const url = "http://subscriber.test/";
    expect(await deliver({ url })).toMatchObject({ error: { code: "network_error" } });
    expect(await deliver({ url })).toMatchObject({ error: { code: "address_refused" } });
    const third = deliver({ url });
    abort.abort();
    expect(await third).toMatchObject({ error: { code: "aborted" } });
    expect(await deliver({ url })).toMatchObject({ error: { code: "aborted" } });
  });
});
