import { expect, test } from "vitest";
import { claimTaskType, scriptedHandler } from "../../support/scripted-handler.ts";
import { AUDIENCE, INVOKER, KEY, OTHER_KEY } from "../../support/token-rules.ts";
import { identityClaims, signToken } from "../../support/tokens.ts";
import { sealTask, startWorkerBundle } from "../../support/worker-bundle.ts";

async function setup() {
  const handler = scriptedHandler(claimTaskType);
  const worker = await startWorkerBundle(() => [handler]);
  return { handler, worker, task: sealTask(claimTaskType, { n: 1 }) };
}

const claims = (over: object = {}) => ({
  ...identityClaims({ audience: AUDIENCE, email: INVOKER, nowMs: Date.now() }),
  ...over,
});

test.each([
  ["no token", { authorization: "" }, 401],
  [
    "a token signed by another key",
    { authorization: `Bearer ${signToken(OTHER_KEY, claims(), { kid: "key-1" })}` },
    401,
  ],
  ["a token for another audience", { authorization: `Bearer ${signToken(KEY, claims({ aud: "other" }))}` }, 401],
  ["a token of another account", { authorization: `Bearer ${signToken(KEY, claims({ email: "x@evil.test" }))}` }, 403],
  ["the name of another task", { "x-cloudtasks-taskname": `${"0".repeat(32)}-default` }, 400],
  ["the name of another queue", { "x-cloudtasks-queuename": "bulk-queue" }, 403],
  ["a body that is not JSON by its type", { "content-type": "text/plain" }, 415],
  ["a compressed body", { "content-encoding": "gzip" }, 415],
] satisfies [string, Record<string, string>, number][])(
  "%s is refused: no Firestore call, no handler",
  async (_, headers, status) => {
    const { handler, worker, task } = await setup();

    const answer = await worker.deliver(task, { headers });

    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(worker.callsSince()).toEqual({});
    expect(handler.runs).toHaveLength(0);
  },
);

test("a type in the path that is not the envelope's is refused", async () => {
  const { handler, worker, task } = await setup();

  const answer = await fetch(`${worker.url}/tasks/test.other`, {
    method: "POST",
    headers: worker.headersOf(task),
    body: JSON.stringify(task),
  });

  expect(answer.status).toBe(400);
  expect(worker.callsSince()).toEqual({});
  expect(handler.runs).toHaveLength(0);
});

test("a payload that was changed on its way is refused", async () => {
  const { handler, worker, task } = await setup();

  const answer = await worker.deliver({ ...task, payload: { n: 2 } });

  expect(answer.status).toBe(400);
  expect(worker.callsSince()).toEqual({});
  expect(handler.runs).toHaveLength(0);
});

test("neither the token nor the payload ever stands in the log", async () => {
  const { worker } = await setup();
  const canary = "canary-4711";
  const task = sealTask(claimTaskType, { n: canary });

  await worker.deliver(task);
  await worker.deliver(task, { headers: { authorization: `Bearer ${worker.token}x` } });

  const log = worker.logged.join("");
  expect(log).toContain("unauthenticated");
  expect(log).not.toContain(worker.token.slice(0, 40));
  expect(log).not.toContain(canary);
});

test("answers to health checks and unknown addresses carry the security headers", async () => {
  const { worker } = await setup();

  const answers = await Promise.all(["/live", "/ready", "/nowhere"].map((path) => fetch(worker.url + path)));

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 404]);
  for (const { headers } of answers) {
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});

test.each(["verify", "platform"] as const)(
  "in %s mode the other mode's token is refused: no Firestore call, no handler",
  async (authMode) => {
    const handler = scriptedHandler(claimTaskType);
    const worker = await startWorkerBundle(() => [handler], { authMode });
    const stripped = signToken(KEY, claims()).replace(/[^.]+$/, "SIGNATURE_REMOVED_BY_GOOGLE");
    const token = authMode === "verify" ? stripped : signToken(KEY, claims());

    const answer = await worker.deliver(sealTask(claimTaskType, { n: 1 }), {
      headers: { authorization: `Bearer ${token}` },
    });

    expect(answer.status).toBe(401);
    expect(worker.callsSince()).toEqual({});
    expect(handler.runs).toEqual([]);
    expect(worker.logged.join("")).toContain(authMode === "verify" ? "signature-removed" : "signature-not-removed");
  },
);

test("in platform mode a delivery whose signature Cloud Run removed is handled", async () => {
  const handler = scriptedHandler(claimTaskType);
  const worker = await startWorkerBundle(() => [handler], { authMode: "platform" });
  const token = signToken(KEY, claims()).replace(/[^.]+$/, "SIGNATURE_REMOVED_BY_GOOGLE");

  const answer = await worker.deliver(sealTask(claimTaskType, { n: 1 }), {
    headers: { authorization: `Bearer ${token}` },
  });

  expect(answer.status).toBe(200);
  expect(handler.runs).toHaveLength(1);
});
