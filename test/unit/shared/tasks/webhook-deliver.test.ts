import { expect, it } from "vitest";
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

const { WEBHOOK_SIGNING_SECRET: signingSecret } = deliverWebhook.settings;
const base64 = (bytes: number): string => Buffer.alloc(bytes, 7).toString("base64");

it.each([24, 25, 26, 64])("takes a signing secret of %i bytes", (bytes) => {
  expect(signingSecret.schema.safeParse(`whsec_${base64(bytes)}`).success).toBe(true);
});

it.each([
  "",
  "whsec_",
  "whsec_???",
  "c2VjcmV0",
  `whsec_${base64(23)}`,
  `whsec_${base64(25).replaceAll("=", "")}`,
  `whsec_${base64(24)}\n`,
  `whsec_${"_".repeat(32)}`,
])("refuses the signing secret %j, and doesn't quote it", (text) => {
  const { error } = signingSecret.schema.safeParse(text);
  expect(error?.issues.map(({ message }) => message)).toEqual([
    "must be a Standard Webhooks secret: whsec_ and at least 24 bytes in base64",
  ]);
});
