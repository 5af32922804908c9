import { expect } from "vitest";
import { type KeyServerResponse, pemResponse } from "../../../harness/auth/key-server.ts";
import { CANARY } from "../../../harness/auth/secrets.ts";
import { KEY } from "../../../harness/auth/token-rules.ts";
import { assembleToken } from "../../../harness/auth/tokens.ts";
import { sealTask } from "../../../harness/worker/worker-harness.ts";
import { expectNoSecrets, expectUntouched, setUpTarget, targetType, withHeaders } from "./harness.ts";
import { type HostileCase, withClaims, withToken } from "./hostile-case.ts";

const UNKNOWN_KEYS = 1_000;
const CONCURRENCY = 50;

const unknownKeys: HostileCase = {
  row: 3,
  title: `answers 401 to ${UNKNOWN_KEYS} unknown key ids, and fetches keys once`,
  async run(onTestFinished) {
    const target = await setUpTarget(onTestFinished);
    const { request, claims } = target.makeValid();
    const send = (keyId: number) => {
      const header = { alg: "RS256", kid: `made-up-${keyId}`, typ: "JWT" };
      const token = assembleToken(header, claims, () => Buffer.alloc(256, keyId));
      return target.send(withHeaders(request, { authorization: `Bearer ${token}` }));
    };

    const answers = [];
    for (let sent = 0; sent < UNKNOWN_KEYS; sent += CONCURRENCY) {
      answers.push(...(await Promise.all(Array.from({ length: CONCURRENCY }, (_, index) => send(sent + index)))));
    }

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    expect(answers).toHaveLength(UNKNOWN_KEYS);
    await expectUntouched(target, answers);
    expect(target.keyServer.fetches).toBe(1);
  },
};

const FAILURES: readonly [string, KeyServerResponse][] = [
  ["answers 500", { status: 500, body: "{}" }],
  ["hangs", "hang"],
  ["hangs in its response", "hang-in-body"],
  ["answers nothing", { body: "" }],
  ["answers HTML", { body: "<!doctype html><title>Sign in</title>" }],
  ["cuts the connection", "reset"],
];

/** The longest wait for a key server. */
const KEY_FETCH_MS = 2_000;

const keysWithout = ([name, failure]: (typeof FAILURES)[number]): HostileCase => ({
  row: 8,
  title: `answers 503 after at most 2 s while there are no keys and the key server ${name}`,
  async run(onTestFinished) {
    const target = await setUpTarget(onTestFinished);
    target.keyServer.respondWith(failure);
    const asked = target.keyServer.nextFetch();
    const pending = target.send(target.makeValid().request);
    await asked;
    if (name.startsWith("hangs")) await target.clock.advance(KEY_FETCH_MS);
    const answer = await pending;

    expect(answer.status).toBe(503);
    expect(answer.text).toMatch(/\r\nretry-after: 5\r\n/i);
    expect(target.callsSince()).toEqual({});
    expect(target.runs()).toBe(0);
    expectNoSecrets(target, [answer]);
  },
});

const keysFromBefore = ([name, failure]: (typeof FAILURES)[number]): HostileCase => ({
  row: 8,
  title: `answers 200 with the keys that it has when the key server ${name}`,
  async run(onTestFinished) {
    const target = await setUpTarget(onTestFinished);
    target.keyServer.respondWith(pemResponse([KEY], "max-age=60"));
    expect((await target.send(target.makeValid().request)).status).toBe(200);
    target.keyServer.respondWith(failure);
    await target.clock.advance(60_000);
    const asked = target.keyServer.nextFetch();
    // A new token, because the previous one is remembered.
    const pending = target.send(withClaims(target.makeValid(), { sub: "2" }));
    await asked;
    if (name.startsWith("hangs")) await target.clock.advance(KEY_FETCH_MS);

    expect((await pending).status).toBe(200);
    expect(target.keyServer.fetches).toBe(2);
    expect(target.runs()).toBe(2);
  },
});

const replay: HostileCase = {
  row: 10,
  title: "answers 200 to the valid request replayed, as a duplicate that runs nothing",
  async run(onTestFinished) {
    const target = await setUpTarget(onTestFinished);
    const { request, envelope } = target.makeValid();
    await target.send(request);
    const record = await target.recordOf(envelope);

    const answers = await Promise.all(Array.from({ length: 10 }, () => target.send(request)));

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const { text } of answers) expect(text).toMatch(/\r\nhandoff-outcome: duplicate\r\n/i);
    expect(target.runs()).toBe(1);
    expect(await target.recordOf(envelope)).toEqual(record);
    expectNoSecrets(target, answers);
  },
};

const retryCount = (count: string | undefined): HostileCase => ({
  row: 14,
  title: `handles a delivery whose retry count is ${count ?? "not given"}, and counts the attempt itself`,
  async run(onTestFinished) {
    const target = await setUpTarget(onTestFinished);
    const { request, envelope } = target.makeValid();

    const answer = await target.send(withHeaders(request, { "x-cloudtasks-taskretrycount": count }));

    expect(answer.status).toBe(200);
    expect(target.runs()).toBe(1);
    expect(await target.recordOf(envelope)).toMatchObject({ state: "succeeded", attempts: 1 });
    expectNoSecrets(target, [answer]);
  },
});

const secrets: HostileCase = {
  row: 26,
  title: "leaks no secret in any response or log line, whatever becomes of the delivery",
  async run(onTestFinished) {
    const target = await setUpTarget(onTestFinished);
    const valid = target.makeValid();
    const unknown = { ...targetType, type: "test.unknown" };
    const envelopes = [
      valid.envelope,
      { ...valid.envelope, payload: { text: `${CANARY}-changed` } },
      sealTask(targetType, { [CANARY]: CANARY }),
      sealTask(targetType, CANARY),
      sealTask(unknown, { text: CANARY }),
    ];

    const answers = [];
    for (const envelope of [...envelopes, valid.envelope]) {
      const answer = await target.deliver(envelope);
      answers.push({ status: answer.status, text: JSON.stringify([...answer.headers]) + (await answer.text()) });
    }
    answers.push(await target.send(withToken(valid, `${valid.token}x`)));
    answers.push(await target.send({ ...valid.request, body: valid.request.body.subarray(0, -3) }));

    expect(answers.map(({ status }) => status)).toEqual([200, 400, 200, 200, 404, 200, 401, 400]);
    expect(target.logged).toHaveLength(answers.length);
    expectNoSecrets(target, answers);
  },
};

/** Rows 3, 8, 10, 14 and 26. */
export const FLOW_CASES: readonly HostileCase[] = [
  unknownKeys,
  ...FAILURES.map(keysWithout),
  ...FAILURES.map(keysFromBefore),
  replay,
  ...["-1", "1000000000", "NaN", "", "0, 0", "0x10", undefined].map(retryCount),
  secrets,
];
