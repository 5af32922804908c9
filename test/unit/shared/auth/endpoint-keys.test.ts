import { expect, it } from "vitest";
import { endpointPublicKey, endpointSecret } from "../../../../shared/auth/endpoint-keys.ts";

const MASTER = Buffer.from("a signing key of thirty-two bytes");
const URL_ENDPOINT = { url: "https://example.com/hook" };
const NAMED_ENDPOINT = { url: "https://elsewhere.example.com/", endpointId: "ep_1" };

/** Python's hmac and hashlib, with HKDF from its definition, and its cryptography package computed these. */
it("derives the same keys as other software", () => {
  expect(endpointSecret(MASTER, URL_ENDPOINT)).toBe("whsec_qE2lR/F/XALmXSSKWjl3wbGofGmcqIdInyN7APqF7W0=");
  expect(endpointSecret(MASTER, NAMED_ENDPOINT)).toBe("whsec_qCd1GvPAD5VaxYZ9tHA0/sJkc3USWUygBWEC5a/bIyA=");
  expect(endpointPublicKey(MASTER, URL_ENDPOINT)).toBe("whpk_trpI+TkUgGrbI6kaa6uVPpKo7KTB0hTxo40ukxpw3aA=");
  expect(endpointPublicKey(MASTER, NAMED_ENDPOINT)).toBe("whpk_SrcJZa3Ds6a0GCkWqY/TtiNYXApNhbqOL329J1BQN94=");
});

it.each([
  "https://example.com/hook?token=1",
  "https://example.com/hook#part",
  "HTTPS://EXAMPLE.com:443/hook",
  "https://example.com/a/../hook",
  "https://user:secret@example.com/hook",
  "  https://example.com/hook  ",
])("treats %j as the same endpoint", (url) => {
  expect(endpointSecret(MASTER, { url })).toBe(endpointSecret(MASTER, URL_ENDPOINT));
});

it.each([
  "http://example.com/hook",
  "https://example.com/",
  "https://example.com/hook/",
  "https://example.com/Hook",
  "https://example.com/hook2",
  "https://example.com:8443/hook",
  "https://example.com./hook",
  "https://www.example.com/hook",
])("treats %j as another endpoint", (url) => {
  expect(endpointSecret(MASTER, { url })).not.toBe(endpointSecret(MASTER, URL_ENDPOINT));
});

it("uses only the name if there is one, whatever the URL", () => {
  expect(endpointSecret(MASTER, { ...URL_ENDPOINT, endpointId: "ep_1" })).toBe(endpointSecret(MASTER, NAMED_ENDPOINT));
});

it("doesn't treat a name as a URL", () => {
  const named = { ...URL_ENDPOINT, endpointId: URL_ENDPOINT.url };
  expect(endpointSecret(MASTER, named)).not.toBe(endpointSecret(MASTER, URL_ENDPOINT));
});

it("derives other keys from another master", () => {
  const other = Buffer.from("the signing key that it replaces");
  expect(endpointSecret(other, URL_ENDPOINT)).not.toBe(endpointSecret(MASTER, URL_ENDPOINT));
});

it("derives a key for the longest URL, and for each of two that differ at its end", () => {
  const url = `https://example.com/${"a".repeat(2_060)}`;
  expect(endpointSecret(MASTER, { url: `${url}1` })).not.toBe(endpointSecret(MASTER, { url: `${url}2` }));
});
