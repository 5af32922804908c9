import { once } from "node:events";
import net from "node:net";
import { expect, test } from "vitest";
import { answerOn, openSocket } from "../../harness/network/raw-http.ts";
import { SERVICES, type Service, startService, startSilentServer } from "./service.ts";

/** Cloud Run kills after this long (https://cloud.google.com/run/docs/container-contract#instance-shutdown). */
const KILLED_AFTER_MS = 10_000;

const LIVE = "GET /live HTTP/1.1\r\nHost: x\r\n\r\n";
const TASK = JSON.stringify({ type: "canary.natural", payload: { sentAt: "2026-01-01T00:00:00Z" } });
const POST = `POST /v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${TASK.length}\r\n\r\n`;

/** Sends a signal; resolves with the exit code, and how long the program took to end. */
async function stop({ child, ended }: Service, signal: NodeJS.Signals = "SIGTERM") {
  const sentMs = performance.now();
  child.kill(signal);
  return { code: await ended, tookMs: performance.now() - sentMs };
}

test.for(SERVICES)("the %s reads and answers what was in its sockets at SIGTERM", async (name, context) => {
  const service = await startService(name, context);
  const kept = await openSocket(service.port);
  const first = once(kept, "data");
  kept.write(LIVE);
  await first;

  // A process that is stopped accepts and reads nothing: all of this waits in the kernel.
  service.child.kill("SIGSTOP");
  const sockets = Array.from({ length: 50 }, () => net.connect(service.port, "127.0.0.1"));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  const answers = sockets.map((socket) => answerOn(socket));
  for (const socket of sockets) socket.write(LIVE);
  const pipelined = answerOn(kept);
  await new Promise((resolve) => kept.write(LIVE.repeat(3), resolve));
  const stopped = stop(service);
  service.child.kill("SIGCONT");

  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(sockets.map(() => 200));
  expect((await pipelined).text.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
  expect((await stopped).code).toBe(0);
});

test.for(SERVICES)("the %s stops once, whatever tells it to and how often", async (name, context) => {
  const service = await startService(name, context);

  for (const signal of ["SIGINT", "SIGTERM", "SIGTERM", "SIGINT"] as const) service.child.kill(signal);

  expect(await service.ended).toBe(0);
  expect(service.text().match(/"message":"stopped"/g)).toHaveLength(1);
});

test.for(SERVICES)("the %s stops cleanly even if Firestore is down and reads were abandoned", async (name, context) => {
  const service = await startService(name, context);
  const ready = fetch(`http://127.0.0.1:${service.port}/ready`);
  expect((await ready).status).toBe(503);

  const { code, tookMs } = await stop(service);

  expect([code, service.text().includes('"stopped"')]).toEqual([0, true]);
  expect(tookMs).toBeLessThan(KILLED_AFTER_MS);
});

test.concurrent.for(SERVICES)(
  "the %s ends in time even if Firestore and the trace collector hang",
  async (name, context) => {
    const silent = await startSilentServer(context);
    const service = await startService(name, context, {
      FIRESTORE_EMULATOR_HOST: silent.address,
      CLOUD_TASKS_EMULATOR_HOST: silent.address,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${silent.address}`,
    });
    void fetch(`http://127.0.0.1:${service.port}/ready`).catch(() => undefined);
    await silent.asked;

    const { code, tookMs } = await stop(service);

    expect([code, service.text().includes('"stopped"')]).toEqual([0, true]);
    expect(tookMs).toBeLessThan(KILLED_AFTER_MS);
  },
);

test.concurrent("the producer answers 503 at SIGTERM to a body that never ends and a CreateTask that hangs", async (context) => {
  const silent = await startSilentServer(context);
  const service = await startService("producer", context, { CLOUD_TASKS_EMULATOR_HOST: silent.address });
  const slow = await openSocket(service.port);
  slow.write(POST + TASK.slice(0, 10));
  const dripping = setInterval(() => slow.write(" "), 500);
  context.onTestFinished(() => clearInterval(dripping));
  const hanging = await openSocket(service.port);
  hanging.write(POST + TASK);
  const answers = Promise.all([answerOn(slow), answerOn(hanging)]);
  await silent.asked;

  const { code, tookMs } = await stop(service);

  for (const answer of await answers)
    expect(answer).toMatchObject({ status: 503, text: expect.stringMatching(/retry-after: \d/i) });
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(KILLED_AFTER_MS);
});

test("a fault of the producer is logged, and it drains and exits with 1", async (context) => {
  const fault = "setTimeout(() => { throw new TypeError('canary'); }, 1500)";
  const service = await startService("producer", context, {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}`,
  });

  expect(await service.ended).toBe(1);

  const lines = service
    .text()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toContainEqual(expect.objectContaining({ severity: "ERROR", fault: "uncaught-exception" }));
  expect(lines.at(-1)).toMatchObject({ message: "stopped" });
});
