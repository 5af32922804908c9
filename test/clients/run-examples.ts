import fs from "node:fs/promises";
import path from "node:path";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { startReceiver } from "../../packages/emulators/test/contract/cloud-tasks/support/receiver.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { freePort } from "../harness/network/free-port.ts";
import { type Example, atPorts, examplesIn, pathsIn } from "./examples.ts";
import type { PartResult } from "./part.ts";
import { TOOLCHAINS, runExample } from "./toolchains.ts";

/** The page whose examples run. */
const PAGE = path.join(PROJECT_DIR, "packages/emulators/docs/clients.md");

/** The queue that the page's examples use. */
const QUEUE = { name: "projects/my-project/locations/europe-west1/queues/mail" };

/** The examples of the page in one language, each with emulators of its own, as they stand there. */
export async function runExamples(language: string): Promise<PartResult> {
  const page = await fs.readFile(PAGE, "utf8");
  const outcomes = new Map<string, "passed" | "failed" | "skipped">();
  const reasons: string[] = [];
  const examples = examplesIn(page).filter((example) => example.language === language);
  for (const [index, example] of examples.entries()) {
    const lacks = await TOOLCHAINS.get(language)?.lacks(example.code);
    if (lacks !== undefined) reasons.push(lacks);
    const name = `${example.heading}, ${index + 1}`;
    const failure = lacks === undefined ? await tryExample(example, `${language}-${index + 1}`) : undefined;
    if (failure !== undefined) process.stderr.write(`${name}:\n${failure}\n`);
    outcomes.set(name, lacks === undefined ? (failure === undefined ? "passed" : "failed") : "skipped");
  }
  const [why] = reasons;
  return why !== undefined && reasons.length === examples.length
    ? { kind: "skipped", why }
    : { kind: "ran", ours: outcomes };
}

/** What went wrong; undefined if nothing did. */
async function tryExample({ language, code }: Example, name: string): Promise<string | undefined> {
  const toolchain = TOOLCHAINS.get(language);
  if (!toolchain) throw new Error(`Nobody knows how to run ${language}.`);
  const port = await freePort();
  const oidcIssuer = `http://127.0.0.1:${port}`;
  const cloudTasks = await startCloudTasksEmulator({ port, oidcIssuer, queues: [QUEUE] });
  const firestore = await startFirestoreEmulator();
  const target = await startReceiver();
  try {
    const ports = { 8123: port, 8090: firestore.port, 8080: Number(new URL(target.url).port) };
    const input = await tokenFor(`${oidcIssuer}/v2/${QUEUE.name}/tasks`, target);
    const failure = await runExample(toolchain, { name, code: atPorts(code, ports), input });
    if (failure !== undefined) return failure;
    await cloudTasks.waitForIdle({ until: "empty" });
    const arrived = new Set(target.received.map((delivery) => delivery.path));
    const lost = pathsIn(code).filter((wanted) => !arrived.has(wanted));
    return lost.length === 0 ? undefined : `No task has arrived at ${lost.join(", ")}.`;
  } finally {
    await Promise.all([cloudTasks.stop(), firestore.stop(), target.close()]);
  }
}

/** A token as a worker gets it, for the examples that verify one. */
async function tokenFor(tasksUrl: string, target: Awaited<ReturnType<typeof startReceiver>>): Promise<string> {
  const oidcToken = {
    serviceAccountEmail: "invoker@my-project.iam.gserviceaccount.com",
    audience: "https://worker.example",
  };
  const task = { httpRequest: { url: `${target.url}/work`, oidcToken } };
  const headers = { "content-type": "application/json" };
  const { status } = await fetch(tasksUrl, { method: "POST", headers, body: JSON.stringify({ task }) });
  if (status !== 200) throw new Error(`The emulator answered ${status}.`);
  await target.arrived(1);
  return target.received[0]?.headers.get("Authorization")?.replace("Bearer ", "") ?? "";
}
