import { describe, expect, it, onTestFinished } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { createNameResolver, type ResolveOptions } from "../../../../shared/network/name-resolver.ts";
import { type DnsRecords, startDnsServer } from "../../../harness/network/dns-server.ts";

const V4 = (address: string) => ({ address, family: 4 });
const V6 = (address: string) => ({ address, family: 6 });

/** A resolver that asks a DNS server on loopback, and a hosts file that names one host. */
async function setup(names: Readonly<Record<string, DnsRecords>> = {}, options: { overTcp?: boolean } = {}) {
  const server = await startDnsServer(names, options);
  onTestFinished(() => server.close());
  const clock = new VirtualClock();
  const hosts = (name: string) => (name === "listed" ? [V4("10.0.0.7")] : []);
  const resolver = createNameResolver({ clock, servers: [server.address], hosts });
  const abort = new AbortController();
  const resolve = (name: string, over: Partial<ResolveOptions> = {}) =>
    resolver(name, { signal: abort.signal, ...over });
  return { server, clock, abort, resolve };
}

describe("a name's addresses", () => {
  it("are from both families, IPv4 first", async () => {
    const { resolve } = await setup({ "a.test": { addresses: ["2001:db8::1", "192.0.2.1", "192.0.2.2"] } });
    expect(await resolve("a.test")).toEqual([V4("192.0.2.1"), V4("192.0.2.2"), V6("2001:db8::1")]);
  });

  it.each([
    ["only IPv4", { addresses: ["192.0.2.1"] }, [V4("192.0.2.1")]],
    ["only IPv6", { addresses: ["2001:db8::1"] }, [V6("2001:db8::1")]],
  ])("may be %s", async (_name, records, expected) => {
    const { resolve } = await setup({ "a.test": records });
    expect(await resolve("a.test")).toEqual(expected);
  });

  it("are found behind a canonical name", async () => {
    const { resolve } = await setup({ "a.test": { addresses: ["192.0.2.1"], canonicalName: "edge.cdn.test" } });
    expect(await resolve("a.test")).toEqual([V4("192.0.2.1")]);
  });

  it("are requested over TCP if there are too many for UDP, and the first 16 are used", async () => {
    const addresses = Array.from({ length: 60 }, (_, index) => `192.0.2.${index + 1}`);
    const { resolve, server } = await setup({ "a.test": { addresses } });
    expect(await resolve("a.test")).toEqual(addresses.slice(0, 16).map(V4));
    expect(server.queries).toContain("tcp A a.test");
  });

  it.each(["a.test", "A.Test", "a.test."])("are found for %s", async (name) => {
    const { resolve } = await setup({ "a.test": { addresses: ["192.0.2.1"] } });
    expect(await resolve(name)).toEqual([V4("192.0.2.1")]);
  });

  it("are found for a single-label name, without a search domain", async () => {
    const { resolve, server } = await setup({ receiver: { addresses: ["172.18.0.3"] } });
    expect(await resolve("receiver")).toEqual([V4("172.18.0.3")]);
    expect(server.queries.toSorted()).toEqual(["udp A receiver", "udp AAAA receiver"]);
  });

  it("of one family are enough if the server fails for the other", async () => {
    const { resolve } = await setup({ "a.test": { A: { addresses: ["192.0.2.1"] }, AAAA: { code: "SERVFAIL" } } });
    expect(await resolve("a.test")).toEqual([V4("192.0.2.1")]);
  });

  it("of one family are returned after a second if the server is silent about the other", async () => {
    const { resolve, clock } = await setup({ "a.test": { A: { addresses: ["192.0.2.1"] }, AAAA: "drop" } });
    const pending = resolve("a.test");
    while (clock.pending === 0) await new Promise((next) => setImmediate(next));
    await clock.advance(1_000);
    expect(await pending).toEqual([V4("192.0.2.1")]);
    expect(clock.pending).toBe(0);
  });
});

describe("without an address", () => {
  it.each<[string, DnsRecords, string]>([
    ["SERVFAIL", { code: "SERVFAIL" }, "ESERVFAIL"],
    ["REFUSED", { code: "REFUSED" }, "EREFUSED"],
    ["NXDOMAIN", { code: "NXDOMAIN" }, "ENOTFOUND"],
    ["no records", { addresses: [] }, "ENODATA"],
    [
      "a failure for one family and none of the other",
      { A: { addresses: [] }, AAAA: { code: "SERVFAIL" } },
      "ESERVFAIL",
    ],
  ])("a lookup fails after %s", async (_name, records, code) => {
    const { resolve } = await setup({ "a.test": records });
    await expect(resolve("a.test")).rejects.toMatchObject({ code });
  });

  it("a lookup fails if a truncated response can't be fetched over TCP", async () => {
    const addresses = Array.from({ length: 60 }, (_, index) => `192.0.2.${index + 1}`);
    const { resolve } = await setup({ "a.test": { A: { addresses }, AAAA: { addresses: [] } } }, { overTcp: false });
    await expect(resolve("a.test")).rejects.toMatchObject({ code: expect.stringMatching(/^E(TIMEOUT|CONNREFUSED)$/) });
  });

  it("a lookup asks the system only if configured, and fails with DNS's error", async () => {
    const { resolve } = await setup();
    await expect(resolve("no-such-name.invalid", { asksSystem: true })).rejects.toMatchObject({ code: "ENOTFOUND" });
  });
});

describe("the signal", () => {
  it("ends a lookup without a response, and its queries", async () => {
    const { resolve, server, abort } = await setup({ "a.test": "drop" });
    const asked = server.nextQuery();
    const pending = resolve("a.test");
    await asked;
    abort.abort(new Error("enough"));
    await expect(pending).rejects.toThrow("enough");
  });

  it("prevents a lookup if it has already fired", async () => {
    const { resolve, server, abort } = await setup({ "a.test": { addresses: ["192.0.2.1"] } });
    abort.abort(new Error("enough"));
    await expect(resolve("a.test")).rejects.toThrow("enough");
    expect(server.queries).toEqual([]);
  });
});

it("resolves a name while a hundred others get no response", async () => {
  const { resolve, server, abort } = await setup({ "good.test": { addresses: ["192.0.2.1"] } });
  const silent = Array.from({ length: 100 }, (_, index) => `silent-${index}.test`);
  const { resolve: ask, server: silentServer } = await setup(Object.fromEntries(silent.map((name) => [name, "drop"])));
  const asked = silentServer.nextQuery();
  const pending = silent.map((name) => ask(name, { signal: abort.signal }));
  await asked;
  expect(await resolve("good.test")).toEqual([V4("192.0.2.1")]);
  expect(server.queries).toHaveLength(2);
  abort.abort();
  expect((await Promise.allSettled(pending)).every(({ status }) => status === "rejected")).toBe(true);
});

describe("this machine's names", () => {
  it.each(["localhost", "LOCALHOST", "localhost.", "shop.localhost"])("resolve without DNS: %s", async (name) => {
    const { resolve, server } = await setup();
    expect(await resolve(name)).toEqual([V4("127.0.0.1"), V6("::1")]);
    expect(server.queries).toEqual([]);
  });

  it.each(["listed", "listed."])("come from the hosts file: %s", async (name) => {
    const { resolve, server } = await setup();
    expect(await resolve(name)).toEqual([V4("10.0.0.7")]);
    expect(server.queries).toEqual([]);
  });

  it("don't include names that only end like localhost", async () => {
    const { resolve } = await setup();
    await expect(resolve("notlocalhost")).rejects.toMatchObject({ code: "ENOTFOUND" });
  });
});
