import { generateKeyPairSync } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { createKeyCache } from "../../../../shared/auth/key-cache.ts";
import { CERTIFICATE, CERTIFICATE_PUBLIC_KEY } from "../../../harness/network/certificate.ts";
import { jwkResponse, pemResponse, startKeyServer, type KeyServerResponse } from "../../../harness/auth/key-server.ts";
import { VirtualClock } from "handoff-emulators/clock";
import { makeSigningKey } from "../../../harness/auth/tokens.ts";

const OLD_KEY = makeSigningKey("old");
const NEW_KEY = makeSigningKey("new");
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

async function setup(response: KeyServerResponse = pemResponse([OLD_KEY])) {
  const server = await startKeyServer([]);
  onTestFinished(() => server.close());
  server.respondWith(response);
  const clock = new VirtualClock();
  const logged: string[] = [];
  const log = createLogger({ service: "test", destination: { write: (line) => void logged.push(line) } });
  const keys = createKeyCache({ url: `${server.url}?secret=canary`, clock, log });
  return { server, clock, logged, keys };
}

const FOUND_OLD = { kind: "found", pem: OLD_KEY.publicPem };

it("finds a key in an object of PEM texts, fetched once per max-age", async () => {
  const { server, clock, keys } = await setup(pemResponse([OLD_KEY], "public, max-age=7200, must-revalidate"));
  expect(await keys.find("old")).toEqual(FOUND_OLD);
  expect(clock.pending).toBe(0);
  await clock.advance(2 * HOUR_MS - 1);
  expect(await keys.find("old")).toEqual(FOUND_OLD);
  expect(server.fetches).toBe(1);
  await clock.advance(1);
  expect(await keys.find("old")).toEqual(FOUND_OLD);
  expect(server.fetches).toBe(2);
});

it("finds a key in a JWK set", async () => {
  const { keys } = await setup(jwkResponse([OLD_KEY, NEW_KEY]));
  expect(await keys.find("new")).toEqual({ kind: "found", pem: NEW_KEY.publicPem });
});

it("finds the public key of an X.509 certificate", async () => {
  const { keys } = await setup({ body: JSON.stringify({ cert: CERTIFICATE }) });
  expect(await keys.find("cert")).toEqual({ kind: "found", pem: CERTIFICATE_PUBLIC_KEY });
});

it.each([
  ["none", undefined, HOUR_MS],
  ["0", "max-age=0", 60_000],
  ["a year", "max-age=31536000", DAY_MS],
  ["no number", "max-age=abc", HOUR_MS],
  ["a longer word", "x-max-age=7200", HOUR_MS],
])("limits how long keys are kept when max-age is %s", async (_name, cacheControl, keptMs) => {
  const { server, clock, keys } = await setup(pemResponse([OLD_KEY], cacheControl));
  await keys.find("old");
  await clock.advance(keptMs - 1);
  await keys.find("old");
  expect(server.fetches).toBe(1);
  await clock.advance(1);
  await keys.find("old");
  expect(server.fetches).toBe(2);
});

it("fetches once for 50 lookups at once", async () => {
  const { server, keys } = await setup();
  const lookups = await Promise.all(Array.from({ length: 50 }, () => keys.find("old")));
  expect(lookups).toEqual(Array.from({ length: 50 }, () => FOUND_OLD));
  expect(server.fetches).toBe(1);
});

it("fetches again for an unknown key id, and finds a newly rotated key", async () => {
  const { server, clock, keys } = await setup();
  await keys.find("old");
  server.respondWith(pemResponse([NEW_KEY]));
  await clock.advance(30_000);
  expect(await keys.find("new")).toEqual({ kind: "found", pem: NEW_KEY.publicPem });
  expect(await keys.find("old")).toEqual({ kind: "unknown-key" });
  expect(server.fetches).toBe(2);
});

it.each([
  ["back", -DAY_MS],
  ["ahead", 2 * DAY_MS],
])("keeps its periods even if the wall clock is set %s", async (_direction, jumpMs) => {
  const { server, clock, keys } = await setup();
  await keys.find("old");
  const realNow = clock.now.bind(clock);
  Object.assign(clock, { now: () => realNow() + jumpMs });
  server.respondWith(pemResponse([NEW_KEY]));
  await clock.advance(29_999);
  expect(await keys.find("new")).toEqual({ kind: "unknown-key" });
  expect(await keys.find("old")).toEqual(FOUND_OLD);
  expect(server.fetches).toBe(1);
  await clock.advance(1);
  expect(await keys.find("new")).toEqual({ kind: "found", pem: NEW_KEY.publicPem });
  expect(server.fetches).toBe(2);
});

it("fetches at most once in 30 s for 1,000 unknown key ids", async () => {
  const { server, clock, keys } = await setup();
  const askForAll = () => Promise.all(Array.from({ length: 1_000 }, (_, index) => keys.find(`made-up-${index}`)));
  const unknown = Array.from({ length: 1_000 }, () => ({ kind: "unknown-key" }));
  expect(await askForAll()).toEqual(unknown);
  expect(await askForAll()).toEqual(unknown);
  await clock.advance(29_999);
  expect(await askForAll()).toEqual(unknown);
  expect(server.fetches).toBe(1);
  await clock.advance(1);
  expect(await askForAll()).toEqual(unknown);
  expect(await askForAll()).toEqual(unknown);
  expect(server.fetches).toBe(2);
});

it.each<[string, KeyServerResponse]>([
  ["answers 500", { status: 500, body: "{}" }],
  ["answers 404 with keys", { status: 404, body: JSON.stringify({ old: OLD_KEY.publicPem }) }],
  ["redirects", { status: 302, body: "", headers: { location: "/elsewhere" } }],
  ["sends nothing", { body: "" }],
  ["answers an empty object", { body: "{}" }],
  ["answers an empty JWK set", { body: '{"keys":[]}' }],
  ["answers a list", { body: "[]" }],
  ["answers null", { body: "null" }],
  ["answers HTML", { body: "<!doctype html><title>Sign in</title>" }],
  ["answers more than 64 KiB", { body: JSON.stringify({ old: OLD_KEY.publicPem, pad: "x".repeat(65_536) }) }],
  ["answers with text that is not a key", { body: JSON.stringify({ old: "canary" }) }],
  ["resets the connection", "reset"],
])("has no keys when the key server %s", async (_name, response) => {
  const { server, keys, logged } = await setup(response);
  expect(await keys.find("old")).toEqual({ kind: "no-keys" });
  expect(server.fetches).toBe(1);
  expect(logged).toHaveLength(1);
  expect(logged.join("")).not.toContain("canary");
});

it.each<KeyServerResponse & string>(["hang", "hang-in-body"])(
  "gives up after 2 s when the key server does %s",
  async (response) => {
    const { server, clock, keys, logged } = await setup(response);
    const arrived = server.nextFetch();
    const lookup = keys.find("old");
    await arrived;
    await clock.advance(1_999);
    expect(logged).toEqual([]);
    await clock.advance(1);
    expect(await lookup).toEqual({ kind: "no-keys" });
    expect(logged.join("")).toContain('"reason":"timeout"');
    expect(clock.pending).toBe(0);
  },
);

it("retries after a second while it has no keys, and not earlier", async () => {
  const { server, clock, keys } = await setup({ status: 503, body: "" });
  await keys.find("old");
  server.respondWith(pemResponse([OLD_KEY]));
  await clock.advance(999);
  expect(await keys.find("old")).toEqual({ kind: "no-keys" });
  expect(server.fetches).toBe(1);
  await clock.advance(1);
  expect(await keys.find("old")).toEqual(FOUND_OLD);
});

it("uses old keys for 24 h beyond their age while the key server is failing, and retries every 30 s", async () => {
  const { server, clock, keys } = await setup(pemResponse([OLD_KEY], "max-age=3600"));
  await keys.find("old");
  server.respondWith({ status: 500, body: "" });
  await clock.advance(HOUR_MS);
  expect(await keys.find("old")).toEqual(FOUND_OLD);
  expect(await keys.find("old")).toEqual(FOUND_OLD);
  expect(server.fetches).toBe(2);
  await clock.advance(30_000);
  expect(await keys.find("old")).toEqual(FOUND_OLD);
  expect(server.fetches).toBe(3);
  await clock.advance(DAY_MS - 30_000 - 1);
  expect(await keys.find("old")).toEqual(FOUND_OLD);
  await clock.advance(1);
  expect(await keys.find("old")).toEqual({ kind: "no-keys" });
});

it("uses new keys as soon as the key server works again", async () => {
  const { server, clock, keys } = await setup();
  await keys.find("old");
  server.respondWith("reset");
  await clock.advance(HOUR_MS);
  await keys.find("old");
  server.respondWith(pemResponse([NEW_KEY]));
  await clock.advance(30_000);
  expect(await keys.find("old")).toEqual({ kind: "unknown-key" });
});

it("doesn't call a key unknown while the key server is failing", async () => {
  const { server, clock, keys } = await setup();
  await keys.find("old");
  server.respondWith({ status: 500, body: "" });
  await clock.advance(30_000);
  expect(await keys.find("new")).toEqual({ kind: "no-keys" });
  expect(await keys.find("old")).toEqual(FOUND_OLD);
});

it("leaves out a key that would turn RS256 into another kind of signature", async () => {
  const { publicKey } = generateKeyPairSync("rsa-pss", { modulusLength: 2_048 });
  const pss = publicKey.export({ type: "spki", format: "pem" });
  const { keys } = await setup({ body: JSON.stringify({ old: OLD_KEY.publicPem, pss }) });
  expect(await keys.find("old")).toEqual(FOUND_OLD);
  expect(await keys.find("pss")).toEqual({ kind: "unknown-key" });
});

it("reads the first 100 keys of a response and no more", async () => {
  const { n, e, kty } = OLD_KEY.publicJwk;
  const many = Array.from({ length: 101 }, (_, index) => ({ n, e, kty, kid: String(index) }));
  const { keys } = await setup({ body: JSON.stringify({ keys: many }) });
  expect(await keys.find("99")).toEqual(FOUND_OLD);
  expect(await keys.find("100")).toEqual({ kind: "unknown-key" });
});

it("leaves out keys that RS256 can't use", async () => {
  const small = makeSigningKey("small", 1_024);
  const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
  const { keys } = await setup({
    body: JSON.stringify({
      keys: [
        { ...OLD_KEY.publicJwk, kid: "old" },
        { ...OLD_KEY.publicJwk, kid: "for-encryption", use: "enc" },
        { ...OLD_KEY.publicJwk },
        { ...small.publicJwk, kid: "small" },
        { ...elliptic.export({ format: "jwk" }), kid: "elliptic" },
        { kty: "oct", k: "c2VjcmV0", kid: "symmetric" },
        { kid: "empty" },
        null,
      ],
    }),
  });
  expect(await keys.find("old")).toEqual(FOUND_OLD);
  const refused = ["for-encryption", "small", "elliptic", "symmetric", "empty", "undefined", "__proto__"];
  const lookups = await Promise.all(refused.map((keyId) => keys.find(keyId)));
  expect(lookups).toEqual(refused.map(() => ({ kind: "unknown-key" })));
});
