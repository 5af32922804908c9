import { describe, expect, it, onTestFinished } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { fetchKeySet } from "../../../../shared/auth/fetch-key-set.ts";
import { createNameResolver } from "../../../../shared/network/name-resolver.ts";
import { startKeyServer } from "../../../harness/auth/key-server.ts";
import { makeSigningKey } from "../../../harness/auth/tokens.ts";
import { type DnsRecords, startDnsServer } from "../../../harness/network/dns-server.ts";
import { startFloodServer } from "../../../harness/network/flood-server.ts";

const KEY = makeSigningKey("current");

/** A key server, and a DNS server that knows its name as told. */
async function setup(records: DnsRecords = { addresses: ["127.0.0.1"] }) {
  const keyServer = await startKeyServer([KEY]);
  const dns = await startDnsServer({ "keys.test": records });
  onTestFinished(async () => {
    await keyServer.close();
    await dns.close();
  });
  const clock = new VirtualClock();
  const resolve = createNameResolver({ clock, servers: [dns.address], hosts: () => [] });
  const fetch = (url = keyServer.url.replace("127.0.0.1", "keys.test")) =>
    fetchKeySet({ url, algorithm: "RS256", clock, resolve });
  return { keyServer, dns, clock, fetch };
}

describe("the key server's name", () => {
  it("is resolved with DNS, and its address is connected to", async () => {
    const { fetch, dns, keyServer } = await setup();
    expect(await fetch()).toMatchObject({ kind: "fetched" });
    expect(dns.queries.toSorted()).toEqual(["udp A keys.test", "udp AAAA keys.test"]);
    expect(keyServer.fetches).toBe(1);
  });

  it("without a response is given up after 2 s", async () => {
    const { fetch, dns, clock, keyServer } = await setup("drop");
    const asked = dns.nextQuery();
    const pending = fetch();
    await asked;
    await clock.advance(2_000);
    expect(await pending).toEqual({ kind: "failed", reason: "timeout" });
    expect(clock.pending).toBe(0);
    expect(keyServer.fetches).toBe(0);
  });

  it.each<DnsRecords>([{ code: "NXDOMAIN" }, { code: "SERVFAIL" }])("may be unknown: %j", async (records) => {
    const { fetch } = await setup(records);
    expect(await fetch()).toEqual({ kind: "failed", reason: "unreachable" });
  });

  it("is not looked up if it is an address", async () => {
    const { fetch, dns, keyServer } = await setup();
    expect(await fetch(keyServer.url)).toMatchObject({ kind: "fetched" });
    expect(dns.queries).toEqual([]);
  });
});

describe("a key server that never ends its response", () => {
  it.each([
    ["informational responses", { repeated: "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" }, "unreachable"],
    ["a header block", { beginning: "HTTP/1.1 200 OK\r\n", repeated: `x: ${"x".repeat(100)}\r\n` }, "unreachable"],
    ["a body", { beginning: "HTTP/1.1 200 OK\r\n\r\n", repeated: "x" }, "too-large"],
    [
      "chunk extensions",
      {
        beginning: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        repeated: `1;${"x".repeat(8_000)}\r\nx\r\n`,
      },
      "unreachable",
    ],
  ])("is abandoned when it sends %s", async (_name, flood, reason) => {
    const server = await startFloodServer(flood);
    onTestFinished(() => server.close());
    const { fetch } = await setup();
    expect(await fetch(`http://127.0.0.1:${server.port}/`)).toEqual({ kind: "failed", reason });
    await server.closed;
  });
});
