import { expect, it } from "vitest";
import { addressKeys, domainKeys, hostKey } from "../../../../../services/worker/handlers/webhook/slot-keys.ts";

const keysOf = (address: string, url = "https://example.com/") =>
  addressKeys(new URL(url), [{ address, family: address.includes(":") ? 6 : 4 }]);

it.each([
  ["https://example.com/", "https://EXAMPLE.com.:443/hook?x=1"],
  ["http://[2001:4860::8888]/", "http://[2001:4860:0:0::8888]:80/"],
  ["http://127.0.0.1:9000/", "http://0x7f.1:9000/"],
])("%s and %s are one host", (one, other) => {
  expect(hostKey(new URL(one))).toBe(hostKey(new URL(other)));
});

it.each([
  ["https://example.com/", "https://www.example.com/"],
  ["https://example.com/", "http://example.com/"],
  ["http://127.0.0.1:9000/", "http://127.0.0.1:9001/"],
])("%s and %s are two hosts", (one, other) => {
  expect(hostKey(new URL(one))).not.toBe(hostKey(new URL(other)));
});

it.each([
  ["https://a.b.example.com/", ["domain example.com"]],
  ["https://example.com./", ["domain example.com"]],
  ["http://receiver/", ["domain receiver"]],
  ["https://8.8.8.8/", []],
  ["https://[2001:4860::8888]/", []],
])("the domain of %s", (url, expected) => {
  expect(domainKeys(new URL(url))).toEqual(expected);
});

it("addresses of one IPv6 network of 64 bits are one place, and others aren't", () => {
  expect(keysOf("2001:4860:1:2::1")).toEqual(keysOf("2001:4860:1:2:ffff:ffff:ffff:ffff"));
  expect(keysOf("2001:4860:1:2::1")).not.toEqual(keysOf("2001:4860:1:3::1"));
});

it("another port of a public address is the same place; of a private one it is another", () => {
  expect(keysOf("8.8.8.8", "http://a.test/")).toEqual(keysOf("8.8.8.8", "https://b.test/"));
  expect(keysOf("10.0.0.1", "http://a.test/")).not.toEqual(keysOf("10.0.0.1", "https://a.test/"));
  expect(keysOf("10.0.0.1", "http://a.test/")).toEqual(keysOf("10.0.0.1", "http://b.test/"));
});

it("no two kinds of key collide", () => {
  const url = new URL("http://127.0.0.1:9000/");
  expect(addressKeys(url, [{ address: "127.0.0.1", family: 4 }])).not.toContain(hostKey(url));
});
