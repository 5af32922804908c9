import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import * as z from "zod";
import { readConfigAndSettings } from "../../../../shared/runtime/config.ts";
import { deliverWebhook } from "../../../../shared/tasks/webhook-deliver.ts";

const PAYLOAD = { url: "https://example.com/hook", event: "order.paid", data: { deep: [1, null] } };

it("accepts a payload", () => {
  expect(deliverWebhook.payload.safeParse(PAYLOAD).data).toEqual(PAYLOAD);
});

it.each([
  { ...PAYLOAD, url: "ftp://example.com" },
  { ...PAYLOAD, url: "/relative" },
  { ...PAYLOAD, url: `https://example.com/${"a".repeat(2_083)}` },
  { ...PAYLOAD, event: "" },
  { url: PAYLOAD.url, event: "e" },
  { ...PAYLOAD, headers: {} },
])("refuses the payload %j", (payload) => {
  expect(deliverWebhook.payload.safeParse(payload).success).toBe(false);
});

it.each([
  "HTTPS://EXAMPLE.com",
  " http://example.com ",
  "http://example.com:8443?a@b",
  "http://example.com#a@b",
  "http://example.com/a@b:0",
  "http://:@example.com:/",
  "http://example.com:00080",
  "http://exämple.com",
  "http://*.my_host.",
  "http://localhost:65535",
  "http://127.1",
  "http://[::1]:1",
  "http://[::ffff:10.0.0.1]",
  `http://${"a".repeat(63)}.com`,
  `http://${"a.".repeat(126)}b./`,
])("accepts the URL %s", (url) => {
  expect(deliverWebhook.payload.safeParse({ ...PAYLOAD, url }).error).toBeUndefined();
});

it.each([
  ["a user name", "http://user@example.com"],
  ["a password", "http://:secret@example.com"],
  ["a user name and password", "https://user:secret@example.com/"],
  ["a user name that is an @", "http://@@example.com"],
  ["a user name in percent codes", "http://%75ser@example.com"],
  ["a user name and backslashes", String.raw`http:\/user@example.com`],
  ["port 0", "http://example.com:0/"],
  ["port 0 in more digits", "http://[2001:4860:4860::8888]:000"],
  ["an empty label", "http://a..example.com"],
  ["an empty first label", "http://.example.com"],
  ["two final dots", "http://example.com.."],
  ["no label", "http://./"],
  ["a label that is too long", `http://${"a".repeat(64)}.com`],
  ["a name that is too long", `http://${"a.".repeat(126)}bc`],
  ["a label that is too long in its normal form", `http://${"ä".repeat(60)}.com`],
  ["a character that no name has", "http://a!b.example.com"],
  ["a group's address", "http://224.0.0.1"],
  ["everybody's address", "http://255.255.255.255"],
  ["a group's address of IPv6", "http://[ff02::1]"],
  ["a group's address, mapped", "http://[::ffff:224.0.0.1]"],
])("refuses a URL with %s, and doesn't quote it", (_, url) => {
  const { error } = deliverWebhook.payload.safeParse({ ...PAYLOAD, url });
  expect(error?.issues).toMatchObject([{ path: ["url"] }]);
  expect(error?.message).not.toContain("secret");
});

it("accepts no URL in which the handler would find a user name, a password or port 0", () => {
  const piece = constantFrom(
    "@",
    ":",
    "/",
    "\\",
    "?",
    "#",
    "[",
    "]",
    ".",
    "%40",
    "\t",
    " ",
    "0",
    "a",
    "＠",
    "：",
    "::1",
  );
  const texts = array(piece, { maxLength: 8 }).map((pieces) => `http://${pieces.join("")}`);
  const accepted = texts.filter((url) => deliverWebhook.payload.safeParse({ ...PAYLOAD, url }).success);
  const harmless = property(accepted, (text) => {
    const { username, password, port } = new URL(text);
    expect([username, password, port]).toEqual(["", "", expect.not.stringMatching(/^0$/)]);
  });
  assert(harmless, { numRuns: 300 });
});

it.each(["ep_1", "1", "0198c2f4-7d1a-7e3b-9c55-0b7a1c2d3e4f", "tenant:7.hooks", "a".repeat(128)])(
  "accepts the endpoint %j",
  (endpointId) => {
    expect(deliverWebhook.payload.safeParse({ ...PAYLOAD, endpointId }).data).toEqual({ ...PAYLOAD, endpointId });
  },
);

it.each(["", "a b", "é", "-a", "a/b", "a\n", "a".repeat(129), null, 7])("refuses the endpoint %j", (endpointId) => {
  expect(deliverWebhook.payload.safeParse({ ...PAYLOAD, endpointId }).success).toBe(false);
});

const read = (environment: Readonly<Record<string, string>>) =>
  readConfigAndSettings(z.object({}), new Map(Object.entries(deliverWebhook.settings)), {
    WEBHOOK_SIGNING_SECRET: secretOf(32),
    ...environment,
  });

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;

it("needs only its secret", () => {
  expect(Object.fromEntries(read({}).settings)).toEqual({
    WEBHOOK_SIGNING_SECRET: [Buffer.alloc(32, 7)],
    WEBHOOK_SIGNATURES: ["v1"],
    WEBHOOK_SIGN_WITH_MASTER: false,
    WEBHOOK_ALLOWED_PORTS: [80, 443],
    WEBHOOK_DELIVERIES_PER_HOST: 6,
    WEBHOOK_ALLOW_PRIVATE_ADDRESSES: false,
  });
});

it.each([
  ["WEBHOOK_SIGNATURES", "v1a", ["v1a"]],
  ["WEBHOOK_SIGNATURES", "v1 v1a", ["v1", "v1a"]],
  ["WEBHOOK_ALLOWED_PORTS", "8443", [8443]],
  ["WEBHOOK_ALLOWED_PORTS", "443,1,65535", [443, 1, 65_535]],
  ["WEBHOOK_DELIVERIES_PER_HOST", "40", 40],
])("reads %s=%s", (name, text, value) => {
  expect(read({ [name]: text }).settings.get(name)).toEqual(value);
});

it.each([
  ["WEBHOOK_SIGNATURES", "v2"],
  ["WEBHOOK_SIGNATURES", "v1a v1"],
  ["WEBHOOK_ALLOWED_PORTS", "0"],
  ["WEBHOOK_ALLOWED_PORTS", "65536"],
  ["WEBHOOK_ALLOWED_PORTS", "80, 443"],
  ["WEBHOOK_ALLOWED_PORTS", "80,"],
  ["WEBHOOK_ALLOWED_PORTS", "1-65535"],
  ["WEBHOOK_ALLOWED_PORTS", Array.from({ length: 21 }, (_, index) => index + 1).join(",")],
  ["WEBHOOK_DELIVERIES_PER_HOST", "0"],
  ["WEBHOOK_DELIVERIES_PER_HOST", "1.5"],
])("refuses %s=%s and names it", (name, text) => {
  expect(() => read({ [name]: text })).toThrow(`${name}: `);
});

it("names the secret's variable, its length and the allowed range, but not its value", () => {
  const short = "whsec_c2hvcnQ=";
  expect(() => read({ WEBHOOK_SIGNING_SECRET: short })).toThrow(
    "The configuration is invalid:\n" +
      "  - WEBHOOK_SIGNING_SECRET: must be whsec_ and 24 to 64 bytes in base64; it has 5 bytes.",
  );
  expect(() => read({ WEBHOOK_SIGNING_SECRET: short })).not.toThrow("c2hvcnQ");
});
