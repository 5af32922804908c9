import { OAuth2Client } from "google-auth-library";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { type Bundle, createQueue, createTask, startBundle } from "../support/harness.ts";

const EMAIL = "invoker@my-project.iam.gserviceaccount.com";
const AUDIENCE = "https://worker.example.com";

type Certificates = Record<string, string>;

test("signs a token that Google's library accepts with the published keys", async () => {
  const bundle = await startBundle();
  const token = await deliverWithToken(bundle, { serviceAccountEmail: EMAIL, audience: AUDIENCE });
  const claims = await verify(bundle, token, AUDIENCE);

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
  expect(Math.abs(claims.iat - Date.now() / 1000)).toBeLessThan(5);
});

test("names the key in the token's header and in both key sets", async () => {
  const bundle = await startBundle();
  const token = await deliverWithToken(bundle, { serviceAccountEmail: EMAIL });
  const [header = ""] = token.split(".");
  const { alg, kid, typ } = JSON.parse(Buffer.from(header, "base64url").toString());
  expect({ alg, typ }).toEqual({ alg: "RS256", typ: "JWT" });

  const v1 = await fetch(`${addressOf(bundle)}/oauth2/v1/certs`);
  expect(v1.headers.get("cache-control")).toMatch(/max-age=\d+/);
  expect(await v1.json()).toEqual({ [kid]: expect.stringContaining("-----BEGIN PUBLIC KEY-----") });
  const v3 = await fetch(`${addressOf(bundle)}/oauth2/v3/certs`);
  expect(v3.headers.get("cache-control")).toMatch(/max-age=\d+/);
  expect(await v3.json()).toMatchObject({ keys: [{ kid, kty: "RSA", alg: "RS256", use: "sig", e: "AQAB" }] });
});

test("makes the target's URL the audience when the task names none", async () => {
  const bundle = await startBundle();
  const token = await deliverWithToken(bundle, { serviceAccountEmail: EMAIL });
  expect((await verify(bundle, token, `${bundle.receiver.url}/work`)).aud).toBe(`${bundle.receiver.url}/work`);
});

test("gives each account one number and two accounts two", async () => {
  const bundle = await startBundle();
  const subjects: string[] = [];
  for (const serviceAccountEmail of ["a@example.com", "b@example.com", "a@example.com"]) {
    const token = await deliverWithToken(bundle, { serviceAccountEmail, audience: AUDIENCE });
    subjects.push((await verify(bundle, token, AUDIENCE)).sub);
  }
  expect(subjects[0]).toBe(subjects[2]);
  expect(subjects[0]).not.toBe(subjects[1]);
});

test("replaces the task's own Authorization by the token, and keeps no token in the task", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle);
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? 500 : 200));
  const name = await createTask(bundle, queue, {
    httpRequest: {
      url: bundle.receiver.url,
      headers: { authorization: "Basic own", "X-A": "b" },
      oidcToken: { serviceAccountEmail: EMAIL },
    },
  });
  await bundle.attemptsEnded(1);
  const headers = bundle.receiver.received[0]?.headers;
  expect(headers?.get("Authorization")).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
  expect(headers?.has("authorization")).toBe(false);

  const [task] = await bundle.client.getTask({ name, responseView: "FULL" });
  expect(task.httpRequest?.headers).toEqual({
    "User-Agent": "Google-Cloud-Tasks",
    authorization: "Basic own",
    "X-A": "b",
  });
  expect(task.httpRequest?.oidcToken).toEqual({ serviceAccountEmail: EMAIL, audience: "" });
});

test("sends an opaque bearer token for OAuth", async () => {
  const bundle = await startBundle();
  const queue = await createQueue(bundle);
  const httpRequest = { url: bundle.receiver.url, oauthToken: { serviceAccountEmail: EMAIL } };
  await createTask(bundle, queue, { httpRequest });
  await bundle.attemptsEnded(1);
  expect(bundle.receiver.received[0]?.headers.get("Authorization")).toMatch(/^Bearer ya29\.[\w-]+$/);
});

test("refuses a token for http:// only in strict mode", async () => {
  const bundle = await startBundle({ httpsForTokens: true });
  const queue = await createQueue(bundle);
  const httpRequest = { url: bundle.receiver.url, oidcToken: { serviceAccountEmail: EMAIL } };
  await expect(createTask(bundle, queue, { httpRequest })).rejects.toThrow(
    "HttpRequest.url must start with 'https://' for request with HttpRequest.authorization_header",
  );
  expect((await bundle.client.listTasks({ parent: queue }))[0]).toEqual([]);
});

async function deliverWithToken(
  bundle: Bundle,
  oidcToken: { serviceAccountEmail: string; audience?: string },
): Promise<string> {
  const before = bundle.attempts.length;
  const queue = await createQueue(bundle, `queue-${before}`);
  await createTask(bundle, queue, { httpRequest: { url: `${bundle.receiver.url}/work`, oidcToken } });
  await bundle.attemptsEnded(before + 1);
  return bundle.receiver.received[before]?.headers.get("Authorization")?.replace("Bearer ", "") ?? "";
}

async function verify(bundle: Bundle, token: string, audience: string) {
  const answer = await fetch(`${addressOf(bundle)}/oauth2/v1/certs`);
  const certificates: Certificates = JSON.parse(await answer.text());
  const issuers = ["https://accounts.google.com"];
  const ticket = await new OAuth2Client().verifySignedJwtWithCertsAsync(token, certificates, audience, issuers);
  const claims = ticket.getPayload();
  if (!claims) throw new Error("The token has no claims.");
  return claims;
}

const addressOf = ({ emulator }: Bundle): string => `http://${emulator.host}:${emulator.port}`;
