import { X509Certificate } from "node:crypto";
import { OAuth2Client } from "google-auth-library";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { type Harness, createQueue, createTask, startHarness } from "../support/harness.ts";
import { createRoutedQueue } from "../support/rest-caller.ts";

const EMAIL = "invoker@my-project.iam.gserviceaccount.com";
const AUDIENCE = "https://worker.example.com";

type Certificates = Record<string, string>;

test("signs a token that Google's library accepts with the published keys", async () => {
  const harness = await startHarness();
  const beforeS = Math.floor(Date.now() / 1_000);
  const token = await deliverWithToken(harness, { serviceAccountEmail: EMAIL, audience: AUDIENCE });
  const afterS = Date.now() / 1_000;
  const claims = await verify(harness, token, AUDIENCE);

  expect(Object.keys(claims).toSorted()).toEqual(["aud", "azp", "email", "email_verified", "exp", "iat", "iss", "sub"]);
  expect(claims).toMatchObject({
    iss: "https://accounts.google.com",
    aud: AUDIENCE,
    email: EMAIL,
    email_verified: true,
  });
  expect(claims.sub).toMatch(/^\d{21}$/);
  expect(claims.azp).toBe(claims.sub);
  expect(claims.exp - claims.iat).toBe(3600);
  expect(claims.iat).toBeGreaterThanOrEqual(beforeS);
  expect(claims.iat).toBeLessThanOrEqual(afterS);
});

test("names the key in the token's header and in both key sets", async () => {
  const harness = await startHarness();
  const token = await deliverWithToken(harness, { serviceAccountEmail: EMAIL });
  const [header = ""] = token.split(".");
  const { alg, kid, typ } = JSON.parse(Buffer.from(header, "base64url").toString());
  expect({ alg, typ }).toEqual({ alg: "RS256", typ: "JWT" });

  const v1 = await fetch(`${addressOf(harness)}/oauth2/v1/certs`);
  expect(v1.headers.get("cache-control")).toMatch(/max-age=\d+/);
  expect(await v1.json()).toEqual({ [kid]: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/) });
  const v3 = await fetch(`${addressOf(harness)}/oauth2/v3/certs`);
  expect(v3.headers.get("cache-control")).toMatch(/max-age=\d+/);
  expect(await v3.json()).toMatchObject({ keys: [{ kid, kty: "RSA", alg: "RS256", use: "sig", e: "AQAB" }] });
});

test("has the keys of every other emulator in its process that stores nothing", async () => {
  const keysOf = async () => await (await fetch(`${addressOf(await startHarness())}/oauth2/v3/certs`)).json();
  expect(await keysOf()).toEqual(await keysOf());
});

test("publishes self-signed certificates of the keys in its key set, which are valid now", async () => {
  const harness = await startHarness();
  const published = async (path: string) => JSON.parse(await (await fetch(`${addressOf(harness)}${path}`)).text());
  const certificates = Object.entries<string>(await published("/oauth2/v1/certs"));
  const { keys } = await published("/oauth2/v3/certs");
  expect(certificates).toHaveLength(1);
  for (const [kid, pem] of certificates) {
    const certificate = new X509Certificate(pem);
    expect(certificate.publicKey.export({ format: "jwk" })).toMatchObject({ n: keys[0].n, e: keys[0].e });
    expect([keys[0].kid, certificate.verify(certificate.publicKey), certificate.ca]).toEqual([kid, true, false]);
    expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now());
    expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now());
    expect(certificate.serialNumber).toMatch(/^01/);
  }
});

test.each([
  { options: {}, issuer: "https://accounts.google.com" },
  { options: { oidcIssuer: "http://issuer.test:8123" }, issuer: "http://issuer.test:8123" },
])("names the issuer $issuer in tokens, and in the document that leads to their keys", async ({ options, issuer }) => {
  const harness = await startHarness(options);
  const token = await deliverWithToken(harness, { serviceAccountEmail: EMAIL, audience: AUDIENCE });
  const [header = "", claims = ""] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
  expect(JSON.parse(claims).iss).toBe(issuer);

  const response = await fetch(`${addressOf(harness)}/.well-known/openid-configuration`);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  const document = JSON.parse(await response.text());
  expect(document).toMatchObject({
    issuer,
    jwks_uri: `${addressOf(harness)}/oauth2/v3/certs`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
  });
  const { keys } = JSON.parse(await (await fetch(document.jwks_uri)).text());
  expect(keys).toEqual([expect.objectContaining({ kid: JSON.parse(header).kid })]);
});

test("uses the target's URL as the audience if the task has none", async () => {
  const harness = await startHarness();
  const token = await deliverWithToken(harness, { serviceAccountEmail: EMAIL });
  expect((await verify(harness, token, `${harness.receiver.url}/work`)).aud).toBe(`${harness.receiver.url}/work`);
});

test("gives each account its own number", async () => {
  const harness = await startHarness();
  const subjects: string[] = [];
  for (const serviceAccountEmail of ["a@example.com", "b@example.com", "a@example.com"]) {
    const token = await deliverWithToken(harness, { serviceAccountEmail, audience: AUDIENCE });
    subjects.push((await verify(harness, token, AUDIENCE)).sub);
  }
  expect(subjects[0]).toBe(subjects[2]);
  expect(subjects[0]).not.toBe(subjects[1]);
});

test("replaces the task's own Authorization with the token, and doesn't store the token", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? 500 : 200));
  const name = await createTask(harness, queue, {
    httpRequest: {
      url: harness.receiver.url,
      headers: { authorization: "Basic own", "X-A": "b" },
      oidcToken: { serviceAccountEmail: EMAIL },
    },
  });
  await harness.attemptsEnded(1);
  const headers = harness.receiver.received[0]?.headers;
  expect(headers?.get("Authorization")).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
  expect(headers?.has("authorization")).toBe(false);

  const [task] = await harness.client.getTask({ name, responseView: "FULL" });
  expect(task.httpRequest?.headers).toEqual({
    "User-Agent": "Google-Cloud-Tasks",
    authorization: "Basic own",
    "X-A": "b",
  });
  expect(task.httpRequest?.oidcToken).toEqual({ serviceAccountEmail: EMAIL, audience: harness.receiver.url });
});

test("sends an opaque bearer token for OAuth", async () => {
  const harness = await startHarness();
  // The service takes OAuth tokens for Google's own hosts only. The queue sends this one elsewhere.
  const { hostname, port } = new URL(harness.receiver.url);
  const uriOverride = { scheme: "HTTP", host: hostname, port };
  const queue = await createRoutedQueue(harness, { uriOverride });
  const httpRequest = { url: "https://run.googleapis.com/", oauthToken: { serviceAccountEmail: EMAIL } };
  await createTask(harness, queue, { httpRequest });
  await harness.attemptsEnded(1);
  expect(harness.receiver.received[0]?.headers.get("Authorization")).toMatch(/^Bearer ya29\.[\w-]+$/);
});

test("refuses a token for http:// only in strict mode", async () => {
  const harness = await startHarness({ httpsForTokens: true });
  const queue = await createQueue(harness);
  const httpRequest = { url: harness.receiver.url, oidcToken: { serviceAccountEmail: EMAIL } };
  await expect(createTask(harness, queue, { httpRequest })).rejects.toThrow(
    "HttpRequest.url must start with 'https://' for request with HttpRequest.authorization_header",
  );
  expect((await harness.client.listTasks({ parent: queue }))[0]).toEqual([]);
});

async function deliverWithToken(
  harness: Harness,
  oidcToken: { serviceAccountEmail: string; audience?: string },
): Promise<string> {
  const before = harness.attempts.length;
  const queue = await createQueue(harness, `queue-${before}`);
  await createTask(harness, queue, { httpRequest: { url: `${harness.receiver.url}/work`, oidcToken } });
  await harness.attemptsEnded(before + 1);
  return harness.receiver.received[before]?.headers.get("Authorization")?.replace("Bearer ", "") ?? "";
}

async function verify(harness: Harness, token: string, audience: string) {
  const response = await fetch(`${addressOf(harness)}/oauth2/v1/certs`);
  const certificates: Certificates = JSON.parse(await response.text());
  const issuers = ["https://accounts.google.com"];
  const ticket = await new OAuth2Client().verifySignedJwtWithCertsAsync(token, certificates, audience, issuers);
  const claims = ticket.getPayload();
  if (!claims) throw new Error("The token has no claims.");
  return claims;
}

const addressOf = ({ emulator }: Harness): string => `http://${emulator.host}:${emulator.port}`;
