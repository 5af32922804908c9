import { setTimeout as sleep } from "node:timers/promises";
import type { KillStack, Victim } from "../kill-stack.ts";
import type { Report } from "../outbox/outbox-report.ts";

export interface CancelOptions {
  /** How many tasks are cancelled while a relay puts them into their queue. */
  readonly cancels: number;
}

/** Later than any run ends. */
const DELAY_SECONDS = 3_600;
/** A relay gives a CreateTask up after 3 s; a cancel that took much of that proves nothing. */
const HELD_MS = 2_000;
const MAX_TRIES = 10;
const GONE_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 100;

/** Cancels tasks while the CreateTask of their relay is held, and checks that none stays in its queue. */
export async function runCancels(stack: KillStack, { cancels }: CancelOptions): Promise<Report> {
  const producer = await stack.startProducer();
  const application = await stack.startApplication(producer.url);
  // The first call of a program takes long.
  await commit(application, { n: 0, delaySeconds: 0 });
  await untilCreated(producer, 0);
  const broken: string[] = [];
  let inTime = 0;
  for (let n = 1; inTime < cancels && n <= MAX_TRIES * cancels; n++) {
    const cancelled = await cancelWhileRelayed(n, { stack, producer, application });
    if (cancelled.status !== 200) broken.push(`task ${n}: its cancel was answered ${cancelled.status}`);
    if (!cancelled.isInTime) continue;
    inTime++;
    if (!(await isGone(stack, cancelled.id))) broken.push(`cancelled tasks leave their queue: task ${n} is there`);
  }
  if (inTime < cancels) broken.push(`only ${inTime} of ${cancels} cancels came in time`);
  await Promise.all([application.end(), producer.end()]);
  return { lines: [`cancels: ${inTime} tasks were cancelled while a relay put them into their queue`], broken };
}

async function cancelWhileRelayed(
  n: number,
  on: { readonly stack: KillStack; readonly producer: Victim; readonly application: Victim },
): Promise<{ readonly id: string; readonly status: number; readonly isInTime: boolean }> {
  const { stack, producer, application } = on;
  const arrived = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  const onArrival = (): Promise<void> => {
    arrived.resolve();
    return cancelled.promise;
  };
  void producer.tasks.inject({ rpc: "CreateTask", when: "after-effect", answer: "its-own", onArrival });
  const [{ id }] = await Promise.all([commit(application, { n, delaySeconds: DELAY_SECONDS }), arrived.promise]);
  const before = producer.answered.length;
  const sinceMs = performance.now();
  const { status } = await fetch(`${stack.producer}/v1/tasks/${id}`, { method: "DELETE" });
  cancelled.resolve();
  const isInTime = performance.now() - sinceMs < HELD_MS;
  if (isInTime) await untilCreated(producer, before);
  return { id, status, isInTime };
}

/** Resolves when a CreateTask has been answered after so many other calls. */
async function untilCreated({ answered }: Victim, before: number): Promise<void> {
  const untilMs = Date.now() + GONE_WITHIN_MS;
  while (!answered.slice(before).includes("CreateTask") && Date.now() < untilMs) await sleep(LOOK_EVERY_MS);
}

/** A natural task: nothing but its deletion from the queue keeps it from its first run. */
async function commit(
  application: Victim,
  { n, delaySeconds }: { readonly n: number; readonly delaySeconds: number },
): Promise<{ readonly id: string }> {
  const payload = { n, script: "ok", beforeMs: 0, afterMs: 0, secret: "" };
  const order = { type: "chaos.natural", payload, key: `order-${n}`, delaySeconds, rollBack: null };
  const answer = await fetch(application.url, { method: "POST", body: JSON.stringify([order]) });
  const [placed] = JSON.parse(await answer.text());
  return placed;
}

async function isGone({ emulators }: KillStack, id: string): Promise<boolean> {
  const queue = id.slice(id.indexOf("-") + 1);
  const url = `${emulators.tasks.url}/v2/projects/chaos/locations/local/queues/${queue}/tasks/${id}`;
  const untilMs = Date.now() + GONE_WITHIN_MS;
  while (Date.now() < untilMs) {
    const answer = await fetch(url);
    await answer.arrayBuffer();
    if (answer.status === 404) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}
