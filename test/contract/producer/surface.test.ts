import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { CLAIMED, QUEUES_PATH, startProducerBundle } from "../../harness/producer/producer-harness.ts";

describe("paths and methods", () => {
  it("answers a problem for paths that there are none", async () => {
    const bundle = await startProducerBundle();
    for (const path of ["/", "/v1", "/v2/tasks", "/v1/tasks/a/b", "/v1/dead-letters"]) {
      expect(await bundle.send(path)).toMatchObject({ status: 404, body: { code: "not-found" } });
    }
  });

  it.each([
    ["GET", "/v1/tasks", "POST"],
    ["PUT", "/v1/tasks", "POST"],
    ["OPTIONS", "/v1/tasks", "POST"],
    ["POST", "/v1/tasks/x", "GET, HEAD"],
    ["POST", "/live", "GET, HEAD"],
    ["DELETE", "/openapi.json", "GET, HEAD"],
  ])("answers %s %s with the methods that there are", async (method, path, allowed) => {
    const bundle = await startProducerBundle();
    const answer = await bundle.send(path, { method });
    expect(answer).toMatchObject({ status: 405, body: { code: "method-not-allowed" } });
    expect(answer.headers.get("allow")).toBe(allowed);
    expect(bundle.calls("CreateTask")).toBe(0);
  });

  it("puts the security headers on every answer and opens none to other origins", async () => {
    const bundle = await startProducerBundle();
    const answers = [
      await bundle.enqueue(CLAIMED),
      await bundle.enqueue({}),
      await bundle.post("x".repeat(100_000)),
      await bundle.send("/nowhere"),
      await bundle.send("/live", { method: "POST", headers: { origin: "https://evil.example" } }),
      await bundle.send("/live", { headers: { origin: "https://evil.example" } }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([202, 400, 413, 404, 405, 200]);
    for (const { headers } of answers) {
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("strict-transport-security")).toContain("max-age=");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("the API's description", () => {
  it("lists the paths, each task type's payload, and refers to nothing that it doesn't have", async () => {
    const bundle = await startProducerBundle();
    const answer = await bundle.send("/openapi.json");
    expect(answer.status).toBe(200);
    const document = JSON.parse(answer.text);
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toEqual(["/v1/tasks", "/v1/tasks/{id}", "/live", "/ready"]);
    expect(Object.keys(document.paths["/v1/tasks"].post.responses)).toEqual([
      "200",
      "202",
      "400",
      "409",
      "413",
      "415",
      "422",
      "429",
      "503",
    ]);
    const types = document.components.schemas.NewTask.anyOf.map(
      (variant: { properties: { type: { const: string } } }) => variant.properties.type.const,
    );
    expect(types).toEqual([
      "webhook.deliver",
      "ledger.transfer",
      "document.publish",
      "canary.claim",
      "canary.transaction",
      "canary.natural",
    ]);
    const references = [...answer.text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? "");
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      const [, , , name] = reference.split("/");
      expect(reference).toBe(`#/components/schemas/${name}`);
      expect(document.components.schemas).toHaveProperty(String(name));
    }
  });
});

describe("probes", () => {
  it("is live without asking anybody", async () => {
    const bundle = await startProducerBundle();
    expect(await bundle.send("/live")).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    expect(bundle.calls("GetQueue") + bundle.calls("BatchGetDocuments")).toBe(0);
  });

  it("is ready when the queues and the records answer, and remembers it for five seconds", async () => {
    const clock = new VirtualClock();
    const bundle = await startProducerBundle({ clock });
    const probe = async () => (await bundle.send("/ready")).status;
    expect(await Promise.all([probe(), probe(), probe()])).toEqual([200, 200, 200]);
    await clock.advance(4_999);
    expect(await probe()).toBe(200);
    expect([bundle.calls("GetQueue"), bundle.calls("BatchGetDocuments")]).toEqual([3, 1]);
    await clock.advance(1);
    expect(await probe()).toBe(200);
    expect([bundle.calls("GetQueue"), bundle.calls("BatchGetDocuments")]).toEqual([6, 2]);
  });

  it("is not ready without one of its queues, and names it", async () => {
    const bundle = await startProducerBundle();
    await bundle.admin.deleteQueue({ name: `${QUEUES_PATH}/bulk-2` });
    const answer = await bundle.send("/ready");
    expect(answer).toMatchObject({ status: 503, body: { code: "not-ready", problems: [{ path: "queue bulk" }] } });
  });

  it("is not ready when the records don't answer within two seconds", async () => {
    const clock = new VirtualClock();
    const bundle = await startProducerBundle({ clock });
    const struck = bundle.recordsProxy.inject({ rpc: "BatchGetDocuments", when: "before-effect", answer: "nothing" });
    const running = bundle.send("/ready");
    await struck;
    await clock.advance(2_000);
    expect(await running).toMatchObject({ status: 503, body: { problems: [{ path: "firestore" }] } });
  });
});

describe("the log", () => {
  const CANARY = "canary-8d1f";

  it("has one line a request, by route and without what was sent", async () => {
    const bundle = await startProducerBundle();
    const payload = { ...CLAIMED.payload, url: `https://example.com/${CANARY}`, data: { secret: CANARY } };
    const { body: task } = await bundle.post(JSON.stringify({ ...CLAIMED, payload }), {
      "idempotency-key": CANARY,
      authorization: `Bearer ${CANARY}`,
    });
    await bundle.send(`/v1/tasks/${CANARY}?token=${CANARY}`);
    await bundle.send(`/${CANARY}`);
    const lines = bundle.logged.map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      {
        severity: "INFO",
        httpRequest: { requestMethod: "POST", requestUrl: "/v1/tasks", status: 202, latency: expect.any(String) },
        taskId: task.id,
        "logging.googleapis.com/labels": { taskId: task.id, queue: "default" },
      },
      { severity: "INFO", httpRequest: { requestMethod: "GET", requestUrl: "/v1/tasks/:id", status: 404 } },
      { severity: "INFO", httpRequest: { requestMethod: "GET", status: 404 } },
    ]);
    expect(bundle.logged.join("")).not.toContain(CANARY);
  });

  it("joins the caller's trace", async () => {
    const bundle = await startProducerBundle();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await bundle.post(JSON.stringify(CLAIMED), { traceparent });
    expect(bundle.logged.map((line) => JSON.parse(line))).toMatchObject([
      { "logging.googleapis.com/trace": "projects/handoff-test/traces/0af7651916cd43dd8448eb211c80319c" },
    ]);
  });

  it("stays one line of JSON for a request whose every text tries to break it", async () => {
    const bundle = await startProducerBundle();
    const nasty = `x\r\n\u001b[31m{"severity":"ERROR"}${CANARY}`;
    const answer = await bundle.enqueue({ type: nasty, payload: { [nasty]: nasty }, [nasty]: nasty });
    expect(answer.status).toBe(400);
    expect(bundle.logged).toHaveLength(1);
    const [line = ""] = bundle.logged;
    for (const breaking of ["\r", "\u001b"]) expect(line).not.toContain(breaking);
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(line).not.toContain(CANARY);
    expect(bundle.calls("CreateTask")).toBe(0);
  });

  it("says why a request failed, but not what was in it", async () => {
    const bundle = await startProducerBundle();
    void bundle.tasksProxy.inject({
      rpc: "CreateTask",
      when: "before-effect",
      answer: { status: status.PERMISSION_DENIED },
    });
    const answer = await bundle.enqueue({ ...CLAIMED, payload: { ...CLAIMED.payload, event: CANARY } }, CANARY);
    expect(answer.status).toBe(500);
    const lines = bundle.logged.map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { severity: "ERROR", error: { code: status.PERMISSION_DENIED } },
      { httpRequest: { status: 500 } },
    ]);
    expect(bundle.logged.join("") + answer.text).not.toContain(CANARY);
  });
});
