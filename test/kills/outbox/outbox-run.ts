import { KINDS, type ChaosPayload } from "../../chaos/load/task-types.ts";
import type { Order } from "../../chaos/load/orders.ts";
import { untilIdle } from "../idle.ts";
import type { KillStack, Victim } from "../kill-stack.ts";
import { tickEach } from "../../chaos/stack/tick.ts";
import { HELD, type Window, holdCalls } from "./windows.ts";

export interface OutboxOptions {
  /** How many transactions are to commit, and how many of them are killed together. */
  readonly transactions: number;
  readonly batch: number;
  /** How many transactions are rolled back on purpose. */
  readonly rolledBack: number;
  /** How many transactions nobody disturbs. */
  readonly undisturbed: number;
  /** Where the batches stand in turn when a process is killed. */
  readonly windows: readonly Window[];
  /** How often the outbox is swept, in milliseconds. Cloud Scheduler does it each minute. */
  readonly tickMs: number;
}

/** A transaction as it was asked for, and what is known of it without reading anything. */
export interface Placed {
  readonly n: number;
  /** Undisturbed and rolled-back ones have none. */
  readonly window: Window | "undisturbed" | "rolled-back";
}

export interface OutboxRun {
  readonly placed: readonly Placed[];
  /** How many transactions stood in each window when a process was killed. */
  readonly hits: Readonly<Record<Window, number>>;
  readonly kills: number;
  /** How many transactions the application itself reported as rolled back. */
  readonly reportedRolledBack: number;
}

/** Transactions that nobody disturbs are committed so many at once. */
const CONCURRENCY = 5;

/** Commits transactions in batches, and kills the application or the producer in a window of each batch. */
export async function runOutbox(
  stack: KillStack,
  options: OutboxOptions,
  print: (line: string) => void,
): Promise<OutboxRun> {
  const { transactions, batch, rolledBack, undisturbed, windows, tickMs } = options;
  const placed: Placed[] = [];
  const hits = { "before-commit": 0, "after-commit": 0, "before-create": 0, "after-create": 0, "after-delete": 0 };
  const batches = Math.ceil(transactions / batch);
  const take = (count: number, window: Placed["window"]): number[] => {
    const first = placed.length;
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    placed.push(...numbers.map((n) => ({ n, window })));
    return numbers;
  };
  const ticks = tickEach(tickMs, stack.producer);
  let [kills, reportedRolledBack] = [0, 0];
  let producer = await stack.startProducer();
  for (let round = 0; round < batches; round++) {
    const window = windows[round % windows.length] ?? "before-commit";
    const application = await stack.startApplication(producer.url);
    const undone = share(rolledBack, { round, batches });
    reportedRolledBack += await rollBack(application, take(undone, "rolled-back"));
    const victims = HELD[window].of === "application" ? [application] : [application, producer];
    const numbers = take(share(transactions, { round, batches }), window);
    hits[window] += await killIn(window, { application, producer }, { victims, numbers });
    kills += victims.length;
    if (victims.includes(producer)) producer = await stack.startProducer();
    print(`${round + 1} of ${batches} batches: killed ${window}, ${hits[window]} there so far`);
  }
  const application = await stack.startApplication(producer.url);
  await commitUndisturbed(application, take(undisturbed, "undisturbed"));
  await untilIdle(stack);
  await ticks.stop();
  await Promise.all([application.end(), producer.end()]);
  return { placed, hits, kills, reportedRolledBack };
}

/** The part of a total that falls to one of several rounds. */
function share(total: number, { round, batches }: { readonly round: number; readonly batches: number }): number {
  return Math.floor(((round + 1) * total) / batches) - Math.floor((round * total) / batches);
}

/** Has transactions rolled back, by an error of their own or because Firestore refuses them. Returns how many were. */
async function rollBack(application: Victim, numbers: readonly number[]): Promise<number> {
  if (numbers.length === 0) return 0;
  const orders = numbers.map((n) => orderOf(n, n % 2 === 0 ? "throw" : "refused"));
  const answers = await place(application, orders);
  return answers.filter(({ id }) => id === null).length;
}

/** Kills the victims while a batch of transactions stands in a window. Returns how many stood there. */
async function killIn(
  window: Window,
  processes: { readonly application: Victim; readonly producer: Victim },
  { victims, numbers }: { readonly victims: readonly Victim[]; readonly numbers: readonly number[] },
): Promise<number> {
  const { of, service, ...calls } = HELD[window];
  const held = holdCalls(processes[of][service], calls, numbers.length);
  const placing = place(
    processes.application,
    numbers.map((n) => orderOf(n, null)),
  );
  placing.catch(() => undefined);
  await held.reached;
  const { count } = held;
  await Promise.all(victims.map((victim) => victim.kill()));
  held.release();
  return count;
}

async function commitUndisturbed(application: Victim, numbers: readonly number[]): Promise<void> {
  for (let first = 0; first < numbers.length; first += CONCURRENCY) {
    await place(
      application,
      numbers.slice(first, first + CONCURRENCY).map((n) => orderOf(n, null)),
    );
  }
}

/** Every kind of task takes its turn. */
function orderOf(n: number, rollBack: Order["rollBack"]): Order {
  const kind = KINDS[n % KINDS.length] ?? "claim";
  const payload: ChaosPayload = { n, script: "ok", beforeMs: 0, afterMs: 0, secret: "" };
  return { type: `chaos.${kind}`, payload, key: `order-${n}`, delaySeconds: 0, rollBack };
}

async function place(
  application: Victim,
  orders: readonly Order[],
): Promise<readonly { readonly id: string | null }[]> {
  const answer = await fetch(application.url, { method: "POST", body: JSON.stringify(orders) });
  return JSON.parse(await answer.text());
}
