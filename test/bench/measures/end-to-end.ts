import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { runLoad } from "../processes/load.ts";
import { CLAIMED_TYPES, type LocalStack, startLocalStack } from "../processes/local-stack.ts";
import { cpuSeconds } from "../processes/process-usage.ts";

/** How many tasks are measured one by one, and then how many together. */
export interface EndToEndSize {
  readonly idleTasks: number;
  readonly tasks: number;
  readonly rounds: number;
  readonly callers: number;
}

export interface EndToEnd {
  /** From before the POST to the start of the handler, each time with nothing else to do, in milliseconds, sorted. */
  readonly idleMs: readonly number[];
  /** Of each round, from the first POST to the end of the last delivery. */
  readonly rounds: readonly {
    readonly perSecond: number;
    /** Processor time for each task by process, in milliseconds, by the kernel's accounting. */
    readonly cpuMs: Readonly<Record<string, number>>;
  }[];
}

/** Enough that whatever follows a task is over before the next. */
const PAUSE_MS = 25;
/** By `process.hrtime`, which all processes of a machine share. */
const loaded = z.object({ startedNs: z.string() });
const created = z.object({ id: z.string() });

/** Tasks of kind `claim` from the producer to the handler and its record, in what `npm start` runs. */
export async function measureEndToEnd(
  { idleTasks, tasks, rounds, callers }: EndToEndSize,
  { warmUps }: { readonly warmUps: number },
): Promise<EndToEnd> {
  const stack = await startLocalStack();
  try {
    const load = async (count: number): Promise<EndToEnd["rounds"][number]> => {
      const cpuBefore = cpuOf(stack);
      const settings = { producerUrl: stack.producerUrl, types: CLAIMED_TYPES, tasks: count, callers };
      const { startedNs } = loaded.parse(await runLoad("enqueue-load.ts", settings));
      await stack.emptied();
      const perSecond = count / (Number(process.hrtime.bigint() - BigInt(startedNs)) / 1e9);
      const cpuMs = Object.entries(cpuOf(stack)).map(([name, now]) => [
        name,
        ((now - (cpuBefore[name] ?? 0)) * 1_000) / count,
      ]);
      return { perSecond, cpuMs: Object.fromEntries(cpuMs) };
    };
    for (let round = 0; round < warmUps; round++) await load(tasks);

    const sentNs = new Map<string, bigint>();
    for (let n = 0; n < idleTasks; n++) {
      await setTimeout(PAUSE_MS);
      const at = process.hrtime.bigint();
      sentNs.set(await enqueue(stack.producerUrl), at);
      await stack.emptied();
    }
    const starts = stack.handlerStarts();
    const idleMs = [...sentNs].map(([id, at]) => Number((starts.get(id) ?? 0n) - at) / 1e6);

    const measured: EndToEnd["rounds"][number][] = [];
    for (let round = 0; round < rounds; round++) measured.push(await load(tasks));
    return { idleMs: idleMs.toSorted((a, b) => a - b), rounds: measured };
  } finally {
    await stack.stop();
  }
}

async function enqueue(producerUrl: string): Promise<string> {
  const response = await fetch(`${producerUrl}/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: CLAIMED_TYPES[0], payload: { sentAt: "2026-01-01T00:00:00Z" } }),
  });
  return created.parse(await response.json()).id;
}

function cpuOf({ pids }: LocalStack): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)]));
}
