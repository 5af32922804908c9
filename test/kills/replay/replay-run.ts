import * as z from "zod";
import { type ChaosPayload, KINDS } from "../../chaos/load/task-types.ts";
import { forEachConcurrently } from "../../../shared/process/for-each-concurrently.ts";
import { untilIdle } from "../idle.ts";
import type { KillStack, Victim } from "../kill-stack.ts";
import { holdCalls } from "../outbox/windows.ts";
import { tickEach } from "../../chaos/stack/tick.ts";

export interface ReplayOptions {
  readonly letters: number;
  readonly tickMs: number;
}

/** What a run found out: for each letter, by its task's number, the ids that requests to replay it were answered with. */
export interface ReplayRun {
  readonly letters: number;
  readonly answers: ReadonlyMap<number, ReadonlySet<string>>;
  /** How many requests got no answer because the producer was killed. */
  readonly unanswered: number;
  /** How many requests were held after the commit, and after CreateTask, when it was killed. */
  readonly held: readonly number[];
}

/** Requests at once. */
const CONCURRENCY = 20;
/** How many calls are held when the producer is killed. */
const HELD_CALLS = 10;
const ANSWER_LIMIT_MS = 20_000;
/** How often a task is asked for that a busy producer refuses. */
const MAX_TRIES = 20;

const acceptedSchema = z.looseObject({ id: z.string() });

/**
 * Makes dead letters, and has each replayed twice at once, while the producer is killed twice. Then all are asked for again,
 * and once more when every record has expired.
 */
export async function runReplays(
  stack: KillStack,
  { letters, tickMs }: ReplayOptions,
  print: (line: string) => void,
): Promise<ReplayRun> {
  const tasks = await makeLetters(stack, letters);
  print(`${tasks.size} dead letters`);
  const run: Answers = { answers: new Map(), unanswered: 0 };
  // As TTL would: half of the letters outlive their task's record.
  await deleteRecords(
    stack,
    [...tasks].filter(([n]) => n % 2 === 0).map(([, id]) => id),
  );
  const ticks = tickEach(tickMs, stack.producer);
  const all = [...tasks];
  const part = Math.ceil(letters / 3);
  const held = [
    await replayAndKill(stack, run, all.slice(0, part), { service: "firestore", rpc: "Commit" }),
    await replayAndKill(stack, run, all.slice(part, 2 * part), { service: "tasks", rpc: "CreateTask" }),
  ];
  print(`killed the producer twice, ${held.join(" and ")} requests in the middle, ${run.unanswered} unanswered`);
  const producer = await stack.startProducer();
  await forEachConcurrently(all, CONCURRENCY, async (task) => {
    await Promise.all([replay(task, producer.url, run), replay(task, producer.url, run)]);
  });
  await untilIdle(stack);
  print("all replays have ended; their records expire, and all are asked for again");
  await deleteRecords(
    stack,
    [...run.answers.values()].flatMap((ids) => [...ids]),
  );
  await forEachConcurrently(all, CONCURRENCY, (task) => replay(task, producer.url, run));
  await ticks.stop();
  await untilIdle(stack);
  await producer.end();
  return { letters: tasks.size, answers: run.answers, unanswered: run.unanswered, held };
}

interface Answers {
  readonly answers: Map<number, Set<string>>;
  unanswered: number;
}

/** Tasks of each kind that die at once. Resolves with their ids by number. */
async function makeLetters(stack: KillStack, count: number): Promise<Map<number, string>> {
  const ids = new Map<number, string>();
  const numbers = Array.from({ length: count }, (_, n) => n);
  await forEachConcurrently(numbers, CONCURRENCY, async (n) => {
    const kind = KINDS[n % KINDS.length] ?? "claim";
    const payload: ChaosPayload = { n, script: "dies-first", beforeMs: 0, afterMs: 0, secret: "" };
    for (let tries = 0; tries < MAX_TRIES && !ids.has(n); tries++) {
      const { status, content } = await post(
        `${stack.producer}/v1/tasks`,
        { type: `chaos.${kind}`, payload },
        `dies-${n}`,
      );
      if (status === 202 || status === 200) ids.set(n, acceptedSchema.parse(content).id);
    }
  });
  await untilIdle(stack);
  return ids;
}

/** Asks for each replay twice at once, until the producer is killed with some of its calls held after their effect. */
async function replayAndKill(
  stack: KillStack,
  run: Answers,
  tasks: readonly (readonly [n: number, id: string])[],
  { service, rpc }: { readonly service: "firestore" | "tasks"; readonly rpc: string },
): Promise<number> {
  const producer: Victim = await stack.startProducer();
  let asked = 0;
  const middle = Promise.withResolvers<ReturnType<typeof holdCalls>>();
  const asking = forEachConcurrently(tasks, CONCURRENCY, async (task) => {
    if (asked++ === Math.floor(tasks.length / 2)) {
      middle.resolve(holdCalls(producer[service], { rpc, when: "after-effect" }, Math.min(HELD_CALLS, tasks.length)));
    }
    await Promise.all([replay(task, producer.url, run), replay(task, producer.url, run)]);
  });
  const held = await middle.promise;
  await held.reached;
  const { count } = held;
  await producer.kill();
  held.release();
  await asking;
  return count;
}

async function replay([n, id]: readonly [number, string], producer: string, run: Answers): Promise<void> {
  const { status, content } = await post(`${producer}/v1/dead-letters/${id}/replay`, {}, undefined);
  if (status !== 200 && status !== 202) {
    run.unanswered++;
    return;
  }
  const known = run.answers.get(n) ?? new Set();
  run.answers.set(n, known.add(acceptedSchema.parse(content).id));
}

/** Status 0: no answer. */
async function post(url: string, body: object, key: string | undefined): Promise<{ status: number; content: unknown }> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key === undefined ? {} : { "idempotency-key": key }) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    return { status: answer.status, content: await answer.json() };
  } catch {
    return { status: 0, content: null };
  }
}

async function deleteRecords({ db }: KillStack, ids: readonly string[]): Promise<void> {
  await forEachConcurrently(ids, CONCURRENCY, async (id) => void (await db.collection("taskRecords").doc(id).delete()));
}
