import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { parseTaskName } from "../load/task-name.ts";
import { DELIVERY_FAULTS } from "./fault-names.ts";
import type { FaultRun } from "./fault-run.ts";

type DeliveryFault = (typeof DELIVERY_FAULTS)[number];

/** The probability that a delivery is affected. Once all tasks have been requested, every delivery is. */
const CHANCE = 0.1;

/** The fault to request from the Cloud Tasks emulator, and how it shows in the emulator's history. */
const FAULTS: Readonly<Record<DeliveryFault, { readonly fault: object; readonly told: RegExp }>> = {
  "duplicate-at-once": { fault: { kind: "duplicate", when: "at-once" }, told: /^delivered twice \(at-once\)/ },
  "duplicate-late": { fault: { kind: "duplicate", when: "late", after: "300ms" }, told: /^delivered twice \(late\)/ },
  "duplicate-after-success": {
    fault: { kind: "duplicate", when: "after-success", after: "1s" },
    told: /^delivered twice \(after-success\)/,
  },
  "answer-lost": { fault: { kind: "answer-lost" }, told: /^response lost/ },
  "connection-reset": { fault: { kind: "connection-reset" }, told: /^connection reset/ },
  "deadline-overrun": { fault: { kind: "deadline-overrun" }, told: /^timed out once sent/ },
  reorder: { fault: { kind: "reorder", within: "3s" }, told: /^reordered/ },
};

const historySchema = z.object({
  attempts: z.array(z.looseObject({ task: z.string(), fault: z.string().optional(), dispatchedMs: z.number() })),
});

/** Makes deliveries fail by the Cloud Tasks emulator's own faults. */
export class DeliveryFaults {
  readonly #run: FaultRun;
  readonly #hits = new Map<DeliveryFault, number>();
  readonly #counted = new Set<string>();

  constructor(run: FaultRun) {
    this.#run = run;
  }

  /** Requests the faults that have hit too rarely so far; call it again after the emulator restarts. */
  async ask(): Promise<void> {
    const passed = this.#run.passed();
    const probability = passed < 1 ? CHANCE : 1;
    await this.#call("DELETE", "/faults");
    for (const name of DELIVERY_FAULTS) {
      const times = Math.ceil(this.#run.hits * passed) - (this.#hits.get(name) ?? 0);
      if (times <= 0 || !this.#run.wanted.has(name)) continue;
      await this.#call("POST", "/faults", { ...FAULTS[name].fault, times, probability });
    }
  }

  /** Reads from the emulator's history what has hit since the last read; the history is lost with the process. */
  async collect(): Promise<void> {
    const { attempts } = historySchema.parse(await this.#call("GET", "/history"));
    for (const { task, fault, dispatchedMs } of attempts) {
      const name = DELIVERY_FAULTS.find((candidate) => fault !== undefined && FAULTS[candidate].told.test(fault));
      const occasion = `${task} ${dispatchedMs}`;
      if (name === undefined || this.#counted.has(occasion)) continue;
      this.#counted.add(occasion);
      this.#hits.set(name, (this.#hits.get(name) ?? 0) + 1);
      this.#run.hit(name, [parseTaskName(task.slice(task.lastIndexOf("/") + 1)).taskId], dispatchedMs);
    }
  }

  get areAllHit(): boolean {
    const wanted = DELIVERY_FAULTS.filter((name) => this.#run.wanted.has(name));
    return wanted.every((name) => (this.#hits.get(name) ?? 0) >= this.#run.hits);
  }

  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const init = body ? { method, headers, body: JSON.stringify(body) } : { method };
    const answer = await fetch(`${this.#run.stack.tasks.url}/_emulator${path}`, init);
    return await answer.json();
  }
}

const LOOK_EVERY_MS = 1_000;

/** Keeps requesting until every delivery fault has hit often enough. */
export async function strikeDeliveries(run: FaultRun, faults: DeliveryFaults): Promise<void> {
  while (!faults.areAllHit && !run.signal.aborted) {
    try {
      await faults.collect();
      await faults.ask();
    } catch {
      // The emulator is being restarted.
    }
    await sleep(LOOK_EVERY_MS);
  }
}
