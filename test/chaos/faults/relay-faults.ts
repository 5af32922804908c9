import { status } from "@grpc/grpc-js";
import { setTimeout as sleep } from "node:timers/promises";
import { parseTaskName } from "../load/task-name.ts";
import type { Relayer } from "../stack/stack.ts";
import { RELAY_FAULTS } from "./fault-names.ts";
import { type FaultRun, inRandomOrder, randomPause } from "./fault-run.ts";

type RelayFault = (typeof RELAY_FAULTS)[number];

/** Relays may be rare for a while. */
const HIT_LIMIT_MS = 30_000;
const BETWEEN_MS = [500, 1_500] as const;
/** How much of the time the producer is struck, which relays most; a worker is otherwise. */
const PRODUCERS_SHARE = 0.7;

/** Disturbs whoever relays entries of the outbox, one after another: kills them, or loses the responses they wait for. */
export async function strikeRelays(run: FaultRun): Promise<void> {
  const left = inRandomOrder(RELAY_FAULTS, run);
  let mostTries = 6 * left.length;
  for (let fault = left.shift(); fault !== undefined && mostTries-- > 0; fault = left.shift()) {
    await randomPause(run, BETWEEN_MS);
    if (run.signal.aborted) return;
    const [producer, ...workers] = run.stack.relayers;
    const worker = workers[Math.floor(run.random() * workers.length)];
    const relayer = fault === "delete-lost" || run.random() < PRODUCERS_SHARE ? producer : worker;
    if (!relayer) return;
    const { task, at } = await strike(fault, relayer);
    if (task === undefined) left.push(fault);
    else run.hit(fault, [task], at);
  }
}

/** Kills the application, which may be committing. */
export async function strikeApplication(run: FaultRun): Promise<void> {
  for (const fault of inRandomOrder(["application-killed"], run)) {
    await randomPause(run, BETWEEN_MS);
    if (run.signal.aborted) return;
    run.hit(fault, []);
    await run.stack.application.replace("SIGKILL");
  }
}

/** Resolves with the task whose relay was disturbed, and when; without one if what was hit is no relay, or nothing was. */
async function strike(
  fault: RelayFault,
  { program, toTasks, toFirestore }: Relayer,
): Promise<{ readonly task?: string | undefined; readonly at: number }> {
  let at = Date.now();
  const kill = async (): Promise<void> => {
    at = Date.now();
    await program.replace("SIGKILL");
  };
  const lost = {
    when: "after-effect",
    answer: { status: status.UNAVAILABLE },
    onEffect: async () => void (at = Date.now()),
  } as const;
  const killed = (when: "before-effect" | "after-effect") => ({ when, answer: "nothing", onEffect: kill }) as const;
  const injecting = {
    "delete-lost": () => toFirestore.inject({ rpc: "Commit", ...lost }),
    "create-lost": () => toTasks.inject({ rpc: "CreateTask", ...lost }),
    "relay-killed-before-create": () => toTasks.inject({ rpc: "CreateTask", ...killed("before-effect") }),
    "relay-killed-after-create": () => toTasks.inject({ rpc: "CreateTask", ...killed("after-effect") }),
  }[fault]();
  const call = await Promise.race([injecting, sleep(HIT_LIMIT_MS, undefined, { ref: false })]);
  if (call === undefined) return { at };
  return { task: fault === "delete-lost" ? entryIn(call) : relayedIn(call), at };
}

/** The task of a CreateTask, if a relay made it: nobody else says when the hop began. */
function relayedIn(call: Buffer): string | undefined {
  const text = call.toString("latin1");
  const [, name] = /\/tasks\/([0-9a-f]{32}n?-[a-z]+(?:-h\d+)?)/.exec(text) ?? [];
  return name !== undefined && text.includes('"hopAt"') ? parseTaskName(name).taskId : undefined;
}

/** The task of the entry that a Commit deletes or changes. */
function entryIn(call: Buffer): string | undefined {
  return /taskOutbox\/([0-9a-f]{32}n?-[a-z]+)\./.exec(call.toString("latin1"))?.[1];
}
