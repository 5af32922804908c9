import { setTimeout as sleep } from "node:timers/promises";
import type { LineLog } from "../line-log.ts";
import { fingerprint } from "./fingerprint.ts";
import { type Answer, ask, isAnswered, place } from "./requests.ts";
import type { PlannedTask } from "./task-plan.ts";

/** Whom a caller asks. */
export interface Services {
  readonly producers: readonly string[];
  readonly application: string;
  readonly log: LineLog;
}

const MAX_TRIES = 120;
const PAUSE_MS = 500;
/** How long to wait for a task's end before something is done about it. */
const MAX_LOOKS = 60;

/** Requests a task as callers do, until it is accepted. Resolves with its id. */
export async function order(task: PlannedTask, copy: number, services: Services): Promise<string | undefined> {
  const { payload } = task;
  const { log } = services;
  const accepted = task.outbox ? await orderInOutbox(task, services) : await orderByApi(task, copy, services);
  const at = Date.now();
  if (accepted === undefined) log.write({ what: "refused", n: payload.n, at });
  else if (accepted === "rolled back") log.write({ what: "rolled back", n: payload.n, at });
  else {
    log.write({ what: "accepted", n: payload.n, ...accepted, at });
    return accepted.id;
  }
  return undefined;
}

interface Accepted {
  readonly id: string;
  readonly status: number;
}

/** The second producer is left to those who relay, unless the first doesn't answer. */
async function orderByApi(
  { payload, key, delaySeconds, ...task }: PlannedTask,
  copy: number,
  { producers }: Services,
): Promise<Accepted | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const producer = producers[(copy + tries) % producers.length] ?? "";
    const body = { type: typeOf(task), payload, delaySeconds };
    const answer = await ask("POST", `${producer}/v1/tasks`, { body, key });
    const { id, status } = answer;
    if (id !== undefined && (status === 202 || status === 200)) return { id, status };
    if (isAnswered(answer)) return undefined;
    await sleep(PAUSE_MS);
  }
  return undefined;
}

async function orderInOutbox(
  { payload, key, delaySeconds, outbox, ...task }: PlannedTask,
  { application }: Services,
): Promise<Accepted | "rolled back" | undefined> {
  const rollBack = outbox?.rollBack ?? null;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const id = await place(application, { type: typeOf(task), payload, key, delaySeconds, rollBack });
    if (id !== undefined) return id === null ? "rolled back" : { id, status: 202 };
    await sleep(PAUSE_MS);
  }
  return undefined;
}

function typeOf({ kind, isPaced }: Pick<PlannedTask, "kind" | "isPaced">): string {
  return `chaos.${kind}${isPaced ? ".paced" : ""}`;
}

/** What a caller does about a task that was accepted. */
export async function follow(task: PlannedTask, id: string, services: Services): Promise<void> {
  const { payload, cancelAfterMs, runAfterMs, outbox } = task;
  const { n, script } = payload;
  await Promise.all([
    cancelAfterMs === undefined ? undefined : cancel(n, id, { afterMs: cancelAfterMs, services }),
    runAfterMs === undefined ? undefined : runNow(n, id, { afterMs: runAfterMs, services }),
    outbox?.isContested ? contest(task, id, services) : undefined,
    script === "permanent" ? replayTwice(n, id, services) : undefined,
  ]);
}

async function cancel(
  n: number,
  id: string,
  { afterMs, services }: { readonly afterMs: number; readonly services: Services },
): Promise<void> {
  await sleep(afterMs);
  let askedAt = 0;
  const { status, mayHaveRun } = await untilAnswered(n, services, (producer) => {
    askedAt = Date.now();
    return ask("DELETE", `${producer}/v1/tasks/${id}`);
  });
  services.log.write({ what: "cancelled", n, status, mayHaveRun, askedAt, at: Date.now() });
}

/** Has a task run at once. */
export async function runNow(
  n: number,
  id: string,
  { afterMs, services }: { readonly afterMs: number; readonly services: Services },
): Promise<void> {
  await sleep(afterMs);
  const { status } = await untilAnswered(n, services, (producer) => ask("POST", `${producer}/v1/tasks/${id}/run`));
  services.log.write({ what: "run now", n, status, at: Date.now() });
}

/** Commits another payload under the key of a task that has ended. It must never run. */
async function contest(task: PlannedTask, id: string, services: Services): Promise<void> {
  const state = await endOf(task.payload.n, id, services);
  if (state === undefined) return;
  const payload = { ...task.payload, n: contestantOf(task.payload.n) };
  services.log.write({ what: "contested", n: task.payload.n, fingerprint: fingerprint(payload), at: Date.now() });
  await orderInOutbox({ ...task, payload }, services);
}

/** No run asks for so many tasks, and no parent has children of these numbers. */
const FIRST_CONTESTANT = 10_000_000;

/** The number of the payload that contests a task's key. */
function contestantOf(n: number): number {
  return FIRST_CONTESTANT + n;
}

/** Replays a task's dead letter twice at once: it becomes one task. */
async function replayTwice(n: number, id: string, services: Services): Promise<void> {
  if ((await endOf(n, id, services)) !== "dead") return;
  const replay = async (turn: number): Promise<void> => {
    const answer = await untilAnswered(n + turn, services, (producer) =>
      ask("POST", `${producer}/v1/dead-letters/${id}/replay`, { body: {} }),
    );
    const { status, id: replayId = "" } = answer;
    services.log.write({ what: "replayed", n, id: replayId, status, at: Date.now() });
  };
  await Promise.all([replay(0), replay(1)]);
}

/** How a task ended; undefined if that takes too long. */
async function endOf(n: number, id: string, services: Services): Promise<string | undefined> {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const { state = "" } = await untilAnswered(n, services, (producer) => ask("GET", `${producer}/v1/tasks/${id}`));
    if (state === "succeeded" || state === "dead" || state === "cancelled") return state;
    await sleep(PAUSE_MS);
  }
  return undefined;
}

/** Asks each producer in turn until one says what became of the request. */
async function untilAnswered(
  turn: number,
  { producers }: Services,
  request: (producer: string) => Promise<Answer>,
): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const answer = await request(producers[(turn + tries) % producers.length] ?? "");
    if (isAnswered(answer) || tries >= MAX_TRIES) return answer;
    await sleep(PAUSE_MS);
  }
}
