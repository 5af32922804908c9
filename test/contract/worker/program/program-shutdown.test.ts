import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type http from "node:http";
import net from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, type TestContext, test } from "vitest";
import { COMPILE_CACHE } from "../../../../services/local/compile-cache.ts";
import { USE_BUNDLED } from "../../../../services/local/dependencies/bundled.ts";
import { portOf } from "../../../../shared/http/listening-port.ts";
import { parseTaskRecord, TASK_RECORDS } from "../../../../shared/records/task-record.ts";
import { publishDocument } from "../../../../shared/tasks/document-publish.ts";
import { deliverWebhook } from "../../../../shared/tasks/webhook-deliver.ts";
import { AUDIENCE, INVOKER } from "../../../harness/auth/token-rules.ts";
import {
  CLOUD_VARIABLES,
  LOCAL_ONLY_VARIABLES,
  queuesVariableOf,
} from "../../../harness/registry/registered-variables.ts";
import { untilRefused } from "../../../harness/network/until-refused.ts";
import { startWebhookReceiver } from "../../../harness/network/webhook-receiver.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";

/**
 * Cloud Run kills after 10 s (https://cloud.google.com/run/docs/container-contract). A slow machine gets longer, but not
 * as long as a read that hangs keeps the client from closing: a minute.
 */
const KILL_AFTER_MS = 25_000;

/** Enough clients that go on connecting for a few connections to wait at any time. */
const EAGER_CLIENTS = 50;

const MAIN = path.join(import.meta.dirname, "../../../../services/worker/main.ts");

/** A subscriber that answers only when told to, and worker programs that share one Firestore. */
async function setup({ onTestFinished }: TestContext) {
  const answers: http.ServerResponse[] = [];
  const receiver = await startWebhookReceiver((response) => void answers.push(response));
  onTestFinished(() => receiver.close());
  // Not for its worker, but for its Firestore, keys and token.
  const harness = await setUpWorker(() => [], { onTestFinished: (cleanUp) => onTestFinished(cleanUp) });
  const url = `http://127.0.0.1:${receiver.port}/hook`;
  const task = sealTask(deliverWebhook, { url, event: "order.paid", data: null });

  async function startProgram(environment: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [...USE_BUNDLED, MAIN], {
      env: {
        ...COMPILE_CACHE,
        METADATA_SERVER_DETECTION: "none",
        GOOGLE_CLOUD_PROJECT: "handoff-test",
        GOOGLE_CLOUD_LOCATION: "europe-west1",
        WORKER_URL: "http://127.0.0.1:9",
        QUEUES: queuesVariableOf((key) => `${key}-queue`),
        WORKER_AUDIENCE: AUDIENCE,
        INVOKER_SERVICE_ACCOUNT: INVOKER,
        OIDC_CERTS_URL: harness.keyServer.url,
        ...CLOUD_VARIABLES,
        ...LOCAL_ONLY_VARIABLES,
        FIRESTORE_EMULATOR_HOST: `${harness.emulator.host}:${harness.emulator.port}`,
        HOST: "127.0.0.1",
        PORT: "0",
        ...environment,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exited = once(child, "exit").then(() => child.exitCode);
    const { port } = JSON.parse(await lineWith(child, "listening"));
    const deliver = (envelope = task) =>
      fetch(`http://127.0.0.1:${port}/tasks/${envelope.type}`, {
        method: "POST",
        headers: harness.headersOf(envelope),
        body: JSON.stringify(envelope),
      });
    const probe = async (name: "live" | "ready") => (await fetch(`http://127.0.0.1:${port}/${name}`)).status;
    return { child, port, exited, deliver, probe };
  }

  async function recordOf() {
    const snapshot = await harness.db.collection(TASK_RECORDS).doc(task.id).get();
    return parseTaskRecord(snapshot.data());
  }
  return { harness, receiver, answers, startProgram, recordOf };
}

/** Accepts connections and never responds. `asked` resolves with the first connection. */
async function startSilentServer({ onTestFinished }: TestContext) {
  const silent = net.createServer();
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  return { port: portOf(silent), asked: once(silent, "connection") };
}

/** Resolves with the first line that the program logs from now on that contains the message. */
function lineWith(child: ChildProcess, message: string): Promise<string> {
  if (!child.stdout) throw new Error("The program's output is not kept.");
  const lines = createInterface(child.stdout);
  return new Promise((resolve, reject) => {
    child.once("close", () => reject(new Error(`The program ended without saying "${message}".`)));
    lines.on("line", (line) => {
      if (line.includes(`"message":"${message}"`)) resolve(line);
    });
  });
}

test.concurrent("on SIGTERM the worker finishes what it has begun, accepts nothing new and exits with 0", async (context) => {
  const { receiver, answers, startProgram, recordOf } = await setup(context);
  const { child, port, exited, deliver } = await startProgram();
  const arrived = receiver.next();
  const underWay = deliver();
  await arrived;

  // They have the worker accept connections for as long as it ever does.
  const refused = untilRefused(port, EAGER_CLIENTS);
  const draining = lineWith(child, "draining");
  child.kill("SIGTERM");
  await draining;
  await expect(deliver()).rejects.toThrow("fetch failed");
  await refused;
  answers[0]?.writeHead(204).end();

  expect((await underWay).status).toBe(200);
  expect(await exited).toBe(0);
  expect(await recordOf()).toMatchObject({ state: "succeeded", attempts: 1 });
  expect(receiver.received).toHaveLength(1);
});

test.concurrent("on SIGTERM the worker releases tasks that don't end in time, and the next one claims them at once", async (context) => {
  const { receiver, answers, startProgram, recordOf } = await setup(context);
  const first = await startProgram();
  const arrived = receiver.next();
  const underWay = first.deliver();
  await arrived;

  first.child.kill("SIGTERM");
  const answer = await underWay;

  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await first.exited).toBe(0);
  expect(await recordOf()).toMatchObject({ state: "waiting", attempts: 0, claimedAt: null });

  const second = await startProgram();
  const again = receiver.next();
  const delivered = second.deliver();
  await again;
  answers[1]?.writeHead(204).end();

  expect((await delivered).status).toBe(200);
  expect(await recordOf()).toMatchObject({ state: "succeeded", attempts: 1 });
});

test.concurrent("on SIGTERM the worker exits before it is killed, even if Firestore doesn't respond", async (context) => {
  const { startProgram } = await setup(context);
  const silent = await startSilentServer(context);
  const { child, exited, deliver } = await startProgram({ FIRESTORE_EMULATOR_HOST: `127.0.0.1:${silent.port}` });
  const underWay = deliver();
  await silent.asked;

  child.kill("SIGTERM");

  expect((await underWay).status).toBe(503);
  expect(await exited).toBe(0);
});

test.concurrent("on SIGTERM the worker exits cleanly, even if Firestore is down and reads were abandoned", async (context) => {
  const { harness, startProgram } = await setup(context);
  const { child, exited, probe } = await startProgram();
  expect(await probe("ready")).toBe(200);
  await harness.emulator.stop();
  const probes = Array.from({ length: 10 }, () => probe("ready"));
  expect(await probe("live")).toBe(200);

  const stopped = lineWith(child, "stopped");
  child.kill("SIGTERM");

  expect(await Promise.all(probes)).toEqual(Array.from({ length: 10 }, () => 503));
  expect(await exited).toBe(0);
  expect(await stopped).toContain("worker");
});

test.concurrent("on SIGTERM the worker exits before it is killed, even if a handler's own read hangs", async (context) => {
  const { startProgram } = await setup(context);
  const silent = await startSilentServer(context);
  const { child, exited, deliver } = await startProgram({ FIRESTORE_EMULATOR_HOST: `127.0.0.1:${silent.port}` });
  // A natural task reads nothing before its handler does.
  const underWay = deliver(sealTask(publishDocument, { documentId: "d", version: 1, content: "" }));
  await silent.asked;

  child.kill("SIGTERM");
  const killed = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
  context.onTestFinished(() => clearTimeout(killed));

  expect((await underWay).status).toBe(503);
  expect(await exited).toBe(0);
});
