import { createHmac, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { setUpConsole } from "../../../harness/console/console-harness.ts";

const QUEUE = "default";
const PAUSE = `/queues/${QUEUE}/pause`;

const secretOf = () => randomBytes(32).toString("base64url");
const tokenOf = (secret: string, email: string) => createHmac("sha256", secret).update(email).digest("base64url");

/** Forms that didn't come from our own page for this person: cookie and token, and headers that a browser would add. */
const FORGED: readonly (readonly [string, (secret: string) => Forged])[] = [
  ["no cookie and no token", () => ({})],
  ["a cookie and no token", (secret) => ({ cookie: secret })],
  ["a token and no cookie", (secret) => ({ token: tokenOf(secret, "local") })],
  ["the token of another cookie", (secret) => ({ cookie: secret, token: tokenOf(secretOf(), "local") })],
  ["somebody else's token", (secret) => ({ cookie: secret, token: tokenOf(secret, "else@example.com") })],
  ["the cookie itself as its token", (secret) => ({ cookie: secret, token: secret })],
  ["an empty cookie, and a token made of it", () => ({ cookie: "", token: tokenOf("", "local") })],
  ["a cookie of another form, and a token made of it", () => ({ cookie: "short", token: tokenOf("short", "local") })],
  ["a true token, sent by a page of another site", (secret) => ({ ...good(secret), site: "cross-site" })],
  ["a true token, sent by a page of a sibling site", (secret) => ({ ...good(secret), site: "same-site" })],
  // Over http, browsers tell a name such as a container's nothing but this.
  ["a true token, sent from another origin", (secret) => sentFrom(secret, "http://evil.example")],
  ["a true token, sent from another port", (secret) => sentFrom(secret, "http://127.0.0.1:3000")],
  ["a true token, sent from a frame without an origin", (secret) => sentFrom(secret, "null")],
];

interface Forged {
  readonly cookie?: string;
  readonly token?: string;
  readonly site?: string;
  readonly origin?: string;
}

const good = (secret: string): Forged => ({ cookie: secret, token: tokenOf(secret, "local"), site: "same-origin" });
const sentFrom = (secret: string, origin: string): Forged => ({
  cookie: secret,
  token: tokenOf(secret, "local"),
  origin,
});

async function setup() {
  const { app, producer, logged } = await setUpConsole({ producer: { delivering: true } });
  const send = async ({ cookie, token, site, origin }: Forged): Promise<Response> =>
    await app.request(PAUSE, {
      method: "POST",
      headers: {
        host: "127.0.0.1:8082",
        ...(cookie === undefined ? {} : { cookie: `handoff-form=${cookie}` }),
        ...(site === undefined ? {} : { "sec-fetch-site": site, "sec-fetch-mode": "navigate" }),
        ...(origin === undefined ? {} : { origin }),
      },
      body: new URLSearchParams(token === undefined ? {} : { token }),
    });
  const stateOf = async (): Promise<unknown> => {
    const response = await fetch(`${producer.url}/v1/queues/${QUEUE}`);
    return JSON.parse(await response.text()).state;
  };
  return { send, stateOf, logged };
}

describe("a form", () => {
  it.each(FORGED)("with %s does nothing", async (_, forged) => {
    const { send, stateOf } = await setup();

    const response = await send(forged(secretOf()));

    expect([response.status, await stateOf()]).toEqual([403, "running"]);
  });

  it("from our own page does what it says, and the log says who did what", async () => {
    const { send, stateOf, logged } = await setup();

    const response = await send(good(secretOf()));

    expect([response.status, response.headers.get("location")]).toEqual([303, `/queues/${QUEUE}`]);
    expect(await stateOf()).toBe("paused");
    const lines = logged.map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ caller: "local", did: expect.stringContaining(QUEUE) });
  });

  it("from our own page does what it says if browsers only send its origin", async () => {
    const { send, stateOf } = await setup();
    const response = await send(sentFrom(secretOf(), "http://127.0.0.1:8082"));
    expect([response.status, await stateOf()]).toEqual([303, "paused"]);
  });

  it("that is longer than any of ours is refused before it is read", async () => {
    const { app } = await setUpConsole({ producer: { delivering: true } });
    const body = new URLSearchParams({ token: "x".repeat(4_000_000) });
    const response = await app.request(PAUSE, { method: "POST", headers: { host: "127.0.0.1:8082" }, body });
    expect([response.status, await response.text()]).toEqual([413, expect.stringContaining("more in it")]);
  });

  it("sent as JSON, as text that only looks like a form, or in broken parts, does nothing", async () => {
    const { app, producer } = await setUpConsole({ producer: { delivering: true } });
    const secret = secretOf();
    const headers = { host: "127.0.0.1:8082", cookie: `handoff-form=${secret}` };
    const token = tokenOf(secret, "local");
    const bodies = [
      { type: "application/json", body: JSON.stringify({ token }) },
      { type: "text/plain", body: `token=${token}` },
      { type: "multipart/form-data", body: `token=${token}` },
      { type: "multipart/form-data; boundary=x", body: `--x\r\ntoken=${token}` },
    ];
    for (const { type, body } of bodies) {
      const sent = { method: "POST", headers: { ...headers, "content-type": type }, body };
      expect((await app.request(PAUSE, sent)).status).toBe(403);
    }
    const queue = await fetch(`${producer.url}/v1/queues/${QUEUE}`);
    expect(JSON.parse(await queue.text()).state).toBe("running");
  });
});
