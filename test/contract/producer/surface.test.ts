import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { CLAIMED, setUpProducer } from "../../harness/producer/producer-harness.ts";
import { QUEUES_PATH } from "../../harness/producer/producer-queues.ts";

describe("paths and methods", () => {
  it("responds with a problem for paths that don't exist", async () => {
    const producer = await setUpProducer();
    for (const path of ["/", "/v1", "/v2/tasks", "/v1/tasks/a/b", "/v1/dead-letters/a/run"]) {
      expect(await producer.send(path)).toMatchObject({ status: 404, body: { code: "not-found" } });
    }
  });

  it.each([
    ["GET", "/v1/tasks", "POST"],
    ["PUT", "/v1/tasks", "POST"],
    ["OPTIONS", "/v1/tasks", "POST"],
    ["POST", "/v1/tasks/x", "GET, HEAD, DELETE"],
    ["GET", "/v1/tasks/x/run", "POST"],
    ["POST", "/v1/dead-letters", "GET, HEAD"],
    ["POST", "/v1/dead-letters/x", "GET, HEAD, DELETE"],
    ["GET", "/v1/dead-letters/x/replay", "POST"],
    ["DELETE", "/v1/dead-letters/x/replay", "POST"],
    ["POST", "/live", "GET, HEAD"],
    ["DELETE", "/openapi.json", "GET, HEAD"],
  ])("answers %s %s with the allowed methods", async (method, path, allowed) => {
    const producer = await setUpProducer();
    const response = await producer.send(path, { method });
    expect(response).toMatchObject({ status: 405, body: { code: "method-not-allowed" } });
    expect(response.headers.get("allow")).toBe(allowed);
    expect(producer.calls("CreateTask")).toBe(0);
  });

  it("puts the security headers on every response and allows no other origin", async () => {
    const producer = await setUpProducer();
    const responses = [
      await producer.enqueue(CLAIMED),
      await producer.enqueue({}),
      await producer.post("x".repeat(100_000)),
      await producer.send("/nowhere"),
      await producer.send("/live", { method: "POST", headers: { origin: "https://evil.example" } }),
      await producer.send("/live", { headers: { origin: "https://evil.example" } }),
    ];
    expect(responses.map((response) => response.status)).toEqual([202, 400, 413, 404, 405, 200]);
    for (const { headers } of responses) {
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("strict-transport-security")).toContain("max-age=");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("the OpenAPI document", () => {
  it("lists the paths and each task type's payload, without dangling references", async () => {
    const producer = await setUpProducer();
    const response = await producer.send("/openapi.json");
    expect(response.status).toBe(200);
    const document = JSON.parse(response.text);
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toEqual([
      "/v1/tasks",
      "/v1/tasks/batch",
      "/v1/tasks/{id}",
      "/v1/task-types",
      "/v1/tasks/{id}/run",
      "/v1/dead-letters",
      "/v1/dead-letters/summary",
      "/v1/dead-letters/{id}",
      "/v1/dead-letters/replay",
      "/v1/dead-letters/{id}/replay",
      "/v1/queues",
      "/v1/queues/{key}",
      "/v1/queues/{key}/tasks",
      "/v1/queues/{key}/pause",
      "/v1/queues/{key}/resume",
      "/v1/queues/{key}/purge",
      "/v1/schedules",
      "/v1/schedules/{name}/pause",
      "/v1/schedules/{name}/resume",
      "/v1/schedules/{name}/run",
      "/v1/throughput",
      "/v1/outbox/relay",
      "/v1/tick",
      "/v1/me",
      "/live",
      "/ready",
    ]);
    expect(Object.keys(document.paths["/v1/tasks"].post.responses)).toEqual([
      "200",
      "202",
      "400",
      "401",
      "403",
      "409",
      "413",
      "415",
      "422",
      "429",
      "500",
      "503",
    ]);
    expect(document.components.schemas.NewTask.discriminator.mapping).toEqual({
      "webhook.deliver": "#/components/schemas/WebhookDeliverNewTask",
      "ledger.transfer": "#/components/schemas/LedgerTransferNewTask",
      "document.publish": "#/components/schemas/DocumentPublishNewTask",
    });
    const references = [...response.text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? "");
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      const [, , kind, name] = reference.split("/");
      expect(reference).toBe(`#/components/${kind}/${name}`);
      expect(document.components[String(kind)]).toHaveProperty([String(name)]);
    }
  });
});

describe("the OpenAPI document for each endpoint under /v1", () => {
  it("has the responses to callers that are unknown, not allowed, or too frequent", async () => {
    const producer = await setUpProducer();
    const { paths }: { paths: Record<string, Record<string, { responses: object }>> } = JSON.parse(
      (await producer.send("/openapi.json")).text,
    );
    const lacking = Object.entries(paths)
      .filter(([path]) => path.startsWith("/v1/"))
      .flatMap(([path, methods]) =>
        Object.entries(methods).flatMap(([method, { responses }]) =>
          ["401", "403", "429", "500", "503"]
            .filter((code) => !(code in responses))
            .map((code) => `${method} ${path}: ${code}`),
        ),
      );
    expect(lacking).toEqual([]);
  });
});

describe("probes", () => {
  it("is live without calling anything", async () => {
    const producer = await setUpProducer();
    expect(await producer.send("/live")).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    expect(producer.calls("GetQueue") + producer.calls("BatchGetDocuments")).toBe(0);
  });

  it("is ready when the queues and the records can be reached, and remembers it for five seconds", async () => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const probe = async () => (await producer.send("/ready")).status;
    expect(await Promise.all([probe(), probe(), probe()])).toEqual([200, 200, 200]);
    await clock.advance(4_999);
    expect(await probe()).toBe(200);
    expect([producer.calls("GetQueue"), producer.calls("BatchGetDocuments")]).toEqual([3, 1]);
    await clock.advance(1);
    expect(await probe()).toBe(200);
    expect([producer.calls("GetQueue"), producer.calls("BatchGetDocuments")]).toEqual([6, 2]);
  });

  it("isn't ready without one of its queues, and names it", async () => {
    const producer = await setUpProducer({ clock: new VirtualClock({ startMs: Date.now() }) });
    await producer.admin.deleteQueue({ name: `${QUEUES_PATH}/bulk-2` });
    const response = await producer.send("/ready");
    expect(response).toMatchObject({ status: 503, body: { code: "not-ready", problems: [{ path: "queue bulk" }] } });
  });

  it("isn't ready if the records don't respond within two seconds", async () => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const injected = producer.recordsProxy.inject({
      rpc: "BatchGetDocuments",
      when: "before-effect",
      answer: "nothing",
    });
    const running = producer.send("/ready");
    await injected;
    await clock.advance(2_000);
    expect(await running).toMatchObject({ status: 503, body: { problems: [{ path: "firestore" }] } });
  });
});

describe("the log", () => {
  const CANARY = "canary-8d1f";

  it("has one line per request, by route and without what was sent", async () => {
    const producer = await setUpProducer();
    const payload = { ...CLAIMED.payload, url: `https://example.com/${CANARY}`, data: { secret: CANARY } };
    const { body: task } = await producer.post(JSON.stringify({ ...CLAIMED, payload }), {
      "idempotency-key": CANARY,
      authorization: `Bearer ${CANARY}`,
    });
    await producer.send(`/v1/tasks/${CANARY}?token=${CANARY}`);
    await producer.send(`/${CANARY}`);
    const lines = producer.logged.map((line) => JSON.parse(line));
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
    expect(producer.logged.join("")).not.toContain(CANARY);
  });

  it("joins the caller's trace", async () => {
    const producer = await setUpProducer();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await producer.post(JSON.stringify(CLAIMED), { traceparent });
    expect(producer.logged.map((line) => JSON.parse(line))).toMatchObject([
      { "logging.googleapis.com/trace": "projects/handoff-test/traces/0af7651916cd43dd8448eb211c80319c" },
    ]);
  });

  it("stays one line of JSON when every string of the request tries to break it", async () => {
    const producer = await setUpProducer();
    const nasty = `x\r\n\u001b[31m{"severity":"ERROR"}${CANARY}`;
    const response = await producer.enqueue({ type: nasty, payload: { [nasty]: nasty }, [nasty]: nasty });
    expect(response.status).toBe(400);
    expect(producer.logged).toHaveLength(1);
    const [line = ""] = producer.logged;
    for (const breaking of ["\r", "\u001b"]) expect(line).not.toContain(breaking);
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(line).not.toContain(CANARY);
    expect(producer.calls("CreateTask")).toBe(0);
  });

  it("says why a request failed, but not what was in it", async () => {
    const producer = await setUpProducer();
    void producer.tasksProxy.inject({
      rpc: "CreateTask",
      when: "before-effect",
      answer: { status: status.PERMISSION_DENIED },
    });
    const response = await producer.enqueue({ ...CLAIMED, payload: { ...CLAIMED.payload, event: CANARY } }, CANARY);
    expect(response.status).toBe(500);
    const lines = producer.logged.map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { severity: "ERROR", error: { code: status.PERMISSION_DENIED } },
      { httpRequest: { status: 500 } },
    ]);
    expect(producer.logged.join("") + response.text).not.toContain(CANARY);
  });
});
