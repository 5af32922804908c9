import { expect, test } from "vitest";
import { claimTaskType, scriptedHandler } from "../../harness/worker/scripted-handler.ts";
import { AUDIENCE, INVOKER, KEY } from "../../harness/auth/token-rules.ts";
import { identityClaims, signToken } from "../../harness/auth/tokens.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";

const claims = () => identityClaims({ audience: AUDIENCE, email: INVOKER, nowMs: Date.now() });

test("responses to health checks and unknown paths carry the security headers", async () => {
  const worker = await setUpWorker(() => []);

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
    const worker = await setUpWorker(() => [handler], { authMode });
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
  const worker = await setUpWorker(() => [handler], { authMode: "platform" });
  const token = signToken(KEY, claims()).replace(/[^.]+$/, "SIGNATURE_REMOVED_BY_GOOGLE");

  const answer = await worker.deliver(sealTask(claimTaskType, { n: 1 }), {
    headers: { authorization: `Bearer ${token}` },
  });

  expect(answer.status).toBe(200);
  expect(handler.runs).toHaveLength(1);
});
