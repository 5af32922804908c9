import { describe, expect, it, onTestFinished, vi } from "vitest";
import { authenticate, createTokenRules } from "../../../../services/worker/authenticate.ts";
import { pemResponse, type KeyServerResponse } from "../../../harness/auth/key-server.ts";
import { expectNoTokenIn, INVOKER, KEY, OTHER_KEY, setUpTokenRules } from "../../../harness/auth/token-rules.ts";
import { signToken } from "../../../harness/auth/tokens.ts";

it("authenticates the invoker by its own token, and says who it is", async () => {
  const { server, present, token, nowS } = await setUpTokenRules();
  expect(await present(token)).toEqual({
    kind: "authenticated",
    email: INVOKER,
    subject: "104857600000000000001",
    expiresAtMs: (nowS + 3_600) * 1_000,
  });
  expect(server.fetches).toBe(1);
});

it("accepts a token whose header has no type", async () => {
  const { present, claims } = await setUpTokenRules();
  expect((await present(signToken(KEY, claims, { typ: undefined }))).kind).toBe("authenticated");
});

it.each<[string, (nowS: number) => object]>([
  ["that ended 30 s ago", (nowS) => ({ iat: nowS - 3_630, exp: nowS - 30 })],
  ["issued 30 s ahead", (nowS) => ({ iat: nowS + 30, exp: nowS + 3_600 })],
  ["not valid for another 30 s", (nowS) => ({ nbf: nowS + 30 })],
  ["of 65 min", (nowS) => ({ exp: nowS + 3_900 })],
])("accepts a token %s", async (_name, over) => {
  const { present, claims, nowS } = await setUpTokenRules();
  expect((await present(signToken(KEY, { ...claims, ...over(nowS) }))).kind).toBe("authenticated");
});

it("answers 401 to 1,000 unknown key ids and fetches keys once", async () => {
  const { server, present, claims } = await setUpTokenRules();
  const tokens = Array.from({ length: 1_000 }, (_, index) => signToken(KEY, claims, { kid: `made-up-${index}` }));
  const authentications = await Promise.all(tokens.map(present));
  expect(authentications).toEqual(tokens.map(() => ({ kind: "unauthenticated", reason: "unknown-key" })));
  for (const token of tokens.slice(0, 10)) expect((await present(token)).kind).toBe("unauthenticated");
  expect(server.fetches).toBe(1);
});

it("fetches keys once for 50 tokens at once", async () => {
  const { server, present, claims } = await setUpTokenRules();
  const tokens = Array.from({ length: 50 }, (_, index) => signToken(KEY, { ...claims, sub: String(index + 1) }));
  const authentications = await Promise.all(tokens.map(present));
  expect(authentications.map(({ kind }) => kind)).toEqual(tokens.map(() => "authenticated"));
  expect(server.fetches).toBe(1);
});

it("remembers a verified token until it expires, and no longer", async () => {
  const { server, clock, present, claims, nowS } = await setUpTokenRules();
  server.respondWith(pemResponse([KEY], "max-age=60"));
  const token = signToken(KEY, { ...claims, exp: nowS + 100 });
  expect((await present(token)).kind).toBe("authenticated");
  server.respondWith(pemResponse([OTHER_KEY]));
  await clock.advance(90_000);
  expect((await present(token)).kind).toBe("authenticated");
  expect(server.fetches).toBe(1);
  await clock.advance(41_000);
  expect(await present(token)).toEqual({ kind: "unauthenticated", reason: "expired" });
});

it("checks the key of a remembered token again in the seconds of skew after its expiry", async () => {
  const { server, clock, present, claims, nowS } = await setUpTokenRules();
  server.respondWith(pemResponse([KEY], "max-age=60"));
  const token = signToken(KEY, { ...claims, exp: nowS + 100 });
  await present(token);
  server.respondWith(pemResponse([OTHER_KEY]));
  await clock.advance(110_000);
  expect(await present(token)).toEqual({ kind: "unauthenticated", reason: "unknown-key" });
});

it("doesn't accept a remembered token for another audience or invoker", async () => {
  const { rules, present, token } = await setUpTokenRules();
  expect((await present(token)).kind).toBe("authenticated");
  const headers = new Headers({ authorization: `Bearer ${token}` });
  expect((await authenticate(headers, { ...rules, audience: "https://other.example.com" })).kind).toBe(
    "unauthenticated",
  );
  expect((await authenticate(headers, { ...rules, invoker: "other@example.com" })).kind).toBe("forbidden");
});

it.each([{ audience: "" }, { invoker: "" }])("makes no rules with %o", async (over) => {
  const { rules } = await setUpTokenRules();
  expect(() => createTokenRules({ ...rules, ...over })).toThrow(TypeError);
});

describe("a key server that fails", () => {
  const failures: [string, KeyServerResponse][] = [
    ["answers 500", { status: 500, body: "" }],
    ["hangs", "hang"],
    ["sends nothing", { body: "" }],
    ["answers HTML", { body: "<html>Sign in</html>" }],
  ];

  it.each(failures)("gives 503 within 2 s if it %s and there are no keys", async (_name, response) => {
    const harness = await setUpTokenRules();
    harness.server.respondWith(response);
    const arrived = harness.server.nextFetch();
    const pending = harness.present(harness.token);
    await arrived;
    if (response === "hang") await harness.clock.advance(2_000);
    const authentication = await pending;
    expect(authentication).toEqual({ kind: "keys-unavailable" });
    expect(harness.logged).toHaveLength(1);
    expectNoTokenIn(authentication, harness, harness.token);
  });

  it.each(failures)("gives 200 with the available keys if it %s", async (_name, response) => {
    const { server, clock, present, claims, token } = await setUpTokenRules();
    vi.useFakeTimers({ toFake: ["Date"], now: clock.now() });
    onTestFinished(() => void vi.useRealTimers());
    await present(token);
    await clock.advance(2 * 3_600_000);
    vi.setSystemTime(clock.now());
    server.respondWith(response);
    const arrived = server.nextFetch();
    const later = { ...claims, iat: Number(claims["iat"]) + 7_200, exp: Number(claims["exp"]) + 7_200 };
    const pending = present(signToken(KEY, later));
    await arrived;
    if (response === "hang") await clock.advance(2_000);
    expect((await pending).kind).toBe("authenticated");
    expect(server.fetches).toBe(2);
  });
});
