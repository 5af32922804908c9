import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { isPublicAddress } from "../../../../services/worker/handlers/webhook/public-address.ts";
import { setUpWebhooks, type WebhookSettings } from "../../../harness/worker/webhook-harness.ts";

const REFUSED = {
  kind: "permanent",
  error: {
    code: "address_refused",
    message: "The subscriber's host has an address that is not on the public Internet.",
  },
};

const LOOPBACK = { address: "127.0.0.1", family: 4 };
const LOOPBACK_6 = { address: "::1", family: 6 };
const PUBLIC = { address: "8.8.8.8", family: 4 };

describe("an address in the URL", () => {
  it.each([
    ["the metadata server", "169.254.169.254"],
    ["loopback", "127.0.0.1"],
    ["another loopback", "127.255.0.1"],
    ["loopback with a final dot", "127.0.0.1."],
    ["loopback as a decimal number", "2130706433"],
    ["loopback as an octal number", "017700000001"],
    ["loopback as a hexadecimal number", "0x7f000001"],
    ["loopback in two parts", "0x7f.1"],
    ["loopback in other digits", "①②⑦.0.0.1"],
    ["loopback in percent codes", "%31%32%37.0.0.1"],
    ["the unspecified address", "0.0.0.0"],
    ["the unspecified address abbreviated", "0"],
    ["loopback of IPv6", "[::1]"],
    ["the unspecified address of IPv6", "[::]"],
    ["loopback, mapped", "[::ffff:127.0.0.1]"],
    ["loopback, mapped, in hexadecimal", "[0:0:0:0:0:ffff:7f00:1]"],
    ["a private network", "10.1.2.3"],
    ["Google's metadata server of IPv6", "[fd20:ce::254]"],
  ])("is refused if it is %s", async (_name, host) => {
    const { deliver, receiver } = await setUpWebhooks({ allowPrivateAddresses: false });
    expect(await deliver({ url: `http://${host}:${receiver.port}/` })).toEqual(REFUSED);
    expect(await deliver({ url: `https://${host}:${receiver.port}/` })).toEqual(REFUSED);
    expect(receiver.connections).toBe(0);
  });

  it("may be private if that is allowed", async () => {
    const { deliver, receiver } = await setUpWebhooks({ allowPrivateAddresses: true });
    expect(await deliver({ url: `http://0x7f.1:${receiver.port}/` })).toMatchObject({ kind: "succeeded" });
    expect(receiver.received).toHaveLength(1);
  });
});

describe("a name", () => {
  it.each<[string, LookupAddress[]]>([
    ["loopback", [LOOPBACK]],
    ["loopback of IPv6", [LOOPBACK_6]],
    ["the metadata server", [{ address: "169.254.169.254", family: 4 }]],
    ["a public address and then loopback", [PUBLIC, LOOPBACK]],
    ["loopback and then a public address", [LOOPBACK, PUBLIC]],
    ["something that is not an address", [{ address: "localhost", family: 4 }]],
  ])("is refused if it resolves to %s", async (_name, addresses) => {
    const { deliver, receiver } = await setUpWebhooks({
      allowPrivateAddresses: false,
      resolve: () => Promise.resolve(addresses),
    });
    expect(await deliver({ url: `http://subscriber.test:${receiver.port}/` })).toEqual(REFUSED);
    expect(await deliver({ url: `https://subscriber.test:${receiver.port}/` })).toEqual(REFUSED);
    expect(receiver.connections).toBe(0);
  });

  it("is refused if the system knows it as loopback", async () => {
    const { deliver, receiver } = await setUpWebhooks({ allowPrivateAddresses: false });
    expect(await deliver({ url: `http://localhost:${receiver.port}/` })).toEqual(REFUSED);
    expect(receiver.connections).toBe(0);
  });

  it("may resolve to loopback if that is allowed, and becomes the request's Host", async () => {
    const { deliver, receiver } = await setUpWebhooks({ resolve: () => Promise.resolve([LOOPBACK]) });
    expect(await deliver({ url: `http://subscriber.test:${receiver.port}/` })).toMatchObject({ kind: "succeeded" });
    expect(receiver.received[0]?.headers).toMatchObject({ host: `subscriber.test:${receiver.port}` });
  });

  it.each([true, false])(
    "is looked up once, so it can't change before the connection (allowed: %s)",
    async (allowed) => {
      const answers = [[LOOPBACK], [{ address: "127.0.0.2", family: 4 }]];
      let lookups = 0;
      const { deliver, receiver } = await setUpWebhooks({
        allowPrivateAddresses: allowed,
        resolve: () => Promise.resolve(answers[lookups++] ?? []),
      });
      await deliver({ url: `http://subscriber.test:${receiver.port}/` });
      expect(lookups).toBe(1);
      expect(receiver.connections).toBe(allowed ? 1 : 0);
    },
  );
});

describe("the port", () => {
  const PORT_REFUSED = {
    kind: "permanent",
    error: { code: "port_refused", message: "The subscriber's port is not among WEBHOOK_ALLOWED_PORTS." },
  };

  /** Where the name leads is on no network, so a webhook that is sent ends without a response. */
  const toPublicHost = (options: { allowPrivateAddresses?: boolean; settings?: Partial<WebhookSettings> } = {}) => {
    const lookUp = () => Promise.resolve([{ address: "2001:4860:ffff::1", family: 6 }]);
    return setUpWebhooks({ allowPrivateAddresses: false, resolve: lookUp, ...options });
  };

  it.each([1, 21, 22, 25, 79, 81, 110, 442, 444, 3306, 5432, 6379, 8080, 8443, 9000, 9200, 11211, 65_535])(
    "%d of a public host is refused",
    async (port) => {
      const { deliver, abort } = await toPublicHost();
      expect(await deliver({ url: `http://subscriber.test:${port}/` })).toEqual(PORT_REFUSED);
      expect(await deliver({ url: `https://subscriber.test:${port}/` })).toEqual(PORT_REFUSED);
      expect(await deliver({ url: `http://[2001:4860:ffff::1]:${port}/` })).toEqual(PORT_REFUSED);
      expect(await deliver({ url: `http://8.8.8.8:${port}/` })).toEqual(PORT_REFUSED);
      abort.abort();
    },
  );

  it.each([
    "http://subscriber.test/",
    "https://subscriber.test/",
    "http://subscriber.test:443/",
    "https://8.8.8.8:80/",
  ])("of %s is allowed", async (url) => {
    const { deliver, abort } = await toPublicHost();
    abort.abort();
    expect(await deliver({ url })).toMatchObject({ kind: "retry" });
  });

  it("is one of those in the setting, and no other", async () => {
    const { deliver, abort } = await toPublicHost({ settings: { WEBHOOK_ALLOWED_PORTS: [8443] } });
    expect(await deliver({ url: "https://subscriber.test/" })).toEqual(PORT_REFUSED);
    abort.abort();
    expect(await deliver({ url: "https://subscriber.test:8443/" })).toMatchObject({ kind: "retry" });
  });

  it("of a public host counts even where private addresses are allowed", async () => {
    const { deliver } = await toPublicHost({ allowPrivateAddresses: true });
    expect(await deliver({ url: "http://subscriber.test:6379/" })).toEqual(PORT_REFUSED);
  });

  it("is refused for good even if the name can't be resolved", async () => {
    const { deliver } = await setUpWebhooks({
      allowPrivateAddresses: false,
      resolve: () => Promise.reject(Object.assign(new Error("silent"), { code: "ETIMEOUT" })),
    });
    expect(await deliver({ url: "http://subscriber.test:22/" })).toEqual(PORT_REFUSED);
    expect(await deliver({ url: "http://subscriber.test/" })).toMatchObject({ error: { code: "name_timeout" } });
  });
});

it.each([
  ["0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "169.254.0.1"],
  ["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.0.1", "198.18.0.1"],
  ["198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"],
  ["::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1"],
  ["64:ff9b:1::a00:1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "4000::1"],
  ["5f00::1", "fc00::1", "fd20:ce::254", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"],
  ["", "localhost", "1.2.3", "1.2.3.4.5", "8.8.8.8/32", "8.8.8.8:80", "[2001:4860:4860::8888]", "08.8.8.8"],
])("%s and the like are not public", (...addresses) => {
  expect(addresses.filter((address) => isPublicAddress(address))).toEqual([]);
});

it.each(["8.8.8.8", "100.63.255.255", "100.128.0.0", "172.32.0.1", "2001:4860:4860::8888", "2a00:1450::1"])(
  "%s is public",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);
