import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { sealEnvelope } from "../../../shared/contract/envelope.ts";
import { randomTaskId } from "../../../shared/contract/task-id.ts";
import { claimCanary } from "../../../shared/tasks/canary.ts";
import { bundle } from "../../../tools/bundle.ts";
import { FILL_CODE_CACHE } from "../../../tools/images/code-cache.ts";
import { type Bundle, type Program, commandOf } from "../../../tools/images/programs.ts";
import { startBundle } from "../../../tools/images/running-bundle.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { startKeyServer } from "../../harness/auth/key-server.ts";
import { identityClaims, makeSigningKey, signToken } from "../../harness/auth/tokens.ts";
import { freePort } from "../../harness/network/free-port.ts";
import { median } from "../median.ts";
import type { Sizes } from "../sizes.ts";
import type { Bundles } from "./bundles.ts";
import { type ColdService, type ColdStart, idleMemory, startCold } from "../processes/cold-start.ts";
import { emulatorPrograms, startEmulatorProcess } from "../processes/emulator-process.ts";

/** Medians over starts in turn. */
export async function measureColdStarts(
  services: readonly ColdService[],
  { starts: rounds, uncounted }: Pick<Sizes, "starts" | "uncounted">,
): Promise<ColdStart[]> {
  const starts: Omit<ColdStart, "idleMib">[][] = services.map(() => []);
  const idle: number[][] = services.map(() => []);
  for (let round = -uncounted; round < rounds; round++) {
    for (const [index, service] of services.entries()) {
      const start = await startCold(service);
      if (round < 0) continue;
      starts[index]?.push(start);
      idle[index]?.push(await idleMemory(service));
    }
  }
  return starts.map((of, index) => ({
    listeningMs: median(of.map(({ listeningMs }) => listeningMs)),
    respondedMs: median(of.map(({ respondedMs }) => respondedMs)),
    cpuMs: median(of.map(({ cpuMs }) => cpuMs)),
    idleMib: median(idle[index] ?? []),
    servedMib: median(of.map(({ servedMib }) => servedMib)),
  }));
}

/**
 * The bundles of the producer, the worker and a bare Hono, with filled code caches, and the emulators that they talk to.
 * The producer's request creates a task; the worker's is the first delivery of a claimed task.
 */
export async function coldBundles({ producer, worker }: Pick<Bundles, "producer" | "worker">): Promise<{
  readonly producer: ColdService;
  readonly worker: ColdService;
  readonly bareHono: ColdService;
  stop(): Promise<void>;
}> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-cold-"));
  const firestorePort = String(await freePort());
  const emulators = await startEmulatorProcess(emulatorPrograms().ours(firestorePort));
  const key = makeSigningKey("key-1");
  const keys = await startKeyServer([key]);
  const stop = async (): Promise<void> => {
    await Promise.all([keys.close(), emulators.stop(), fs.rm(folder, { recursive: true })]);
  };
  try {
    await createQueue(emulators.address);
    const env = {
      CLOUD_TASKS_EMULATOR_HOST: emulators.address,
      FIRESTORE_EMULATOR_HOST: `127.0.0.1:${firestorePort}`,
      OIDC_CERTS_URL: keys.url,
    };
    const token = signToken(key, identityClaims({ audience: AUDIENCE, email: INVOKER, nowMs: Date.now() }));
    return {
      producer: { ...serviceOf(producer, env), request: newTask },
      worker: { ...serviceOf(worker, env), request: (origin) => delivery(origin, token) },
      bareHono: { ...serviceOf(await bundleBareHono(path.join(folder, "bare-hono")), {}), request: newTask },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function serviceOf(made: Bundle, env: Readonly<Record<string, string>>): Pick<ColdService, "command" | "env"> {
  return { command: commandOf(made), env: { ...made.program.tryOutEnv, ...env } };
}

/** Made like the others, and with a code cache that its first request has filled. */
async function bundleBareHono(folder: string): Promise<Bundle> {
  const program: Program = {
    name: "bare-hono",
    entry: "test/bench/programs/bare-hono.ts",
    protosOf: [],
    listensAs: ["bare-hono"],
    answersAt: "/live",
    tryOutEnv: { PORT: "0" },
    warmUpEnv: {},
  };
  await bundle(program, { from: PROJECT_DIR, to: folder });
  const running = await startBundle(program, {
    command: commandOf({ program, folder }),
    cwd: folder,
    env: FILL_CODE_CACHE,
  });
  await fetch(newTask(`http://127.0.0.1:${running.ports.get("bare-hono")}`));
  await running.stop();
  return { program, folder };
}

const JSON_TYPE = { "content-type": "application/json" };
// As in programs.ts.
const PROJECT = "try-out";
const LOCATION = "europe-west1";
const AUDIENCE = "try-out";
const INVOKER = "invoker@try-out.iam.gserviceaccount.com";

async function createQueue(address: string): Promise<void> {
  const parent = `projects/${PROJECT}/locations/${LOCATION}`;
  const name = `${parent}/queues/${claimCanary.queue}`;
  const body = JSON.stringify({ name, state: "PAUSED" });
  const response = await fetch(`http://${address}/v2/${parent}/queues`, { method: "POST", headers: JSON_TYPE, body });
  if (!response.ok) throw new Error(`No queue: ${response.status}: ${await response.text()}`);
}

function newTask(origin: string): Request {
  const body = JSON.stringify({ type: claimCanary.type, payload: { sentAt: new Date().toISOString() } });
  return new Request(`${origin}/v1/tasks`, { method: "POST", headers: JSON_TYPE, body });
}

function delivery(origin: string, token: string): Request {
  const now = new Date();
  const [id, type, payload] = [randomTaskId(claimCanary), claimCanary.type, { sentAt: now.toISOString() }];
  const names = { "x-cloudtasks-queuename": claimCanary.queue, "x-cloudtasks-taskname": id };
  const headers = { ...JSON_TYPE, ...names, "x-cloudtasks-taskretrycount": "0", authorization: `Bearer ${token}` };
  const body = JSON.stringify(sealEnvelope({ id, type, payload, caller: INVOKER, enqueuedAtMs: now.getTime() }));
  return new Request(`${origin}/tasks/${type}`, { method: "POST", headers, body });
}
