import { SCRIPTED_FAULTS } from "../faults/fault-names.ts";
import type { BrokenPromise } from "./broken-promise.ts";
import { endedAt } from "./endings.ts";
import type { Histories } from "./history/histories.ts";

/** A fault's hits, and how long each took until an affected task ended. */
export interface FaultFigures {
  readonly fault: string;
  readonly hits: number;
  /**
   * Milliseconds from each hit to the next end of a task that it affected. Leaves out tasks that had ended already,
   * tasks that outlast a lease by design, and hits that affected only such tasks.
   */
  readonly recoveryMs: readonly number[];
}

interface Hit {
  readonly fault: string;
  readonly at: number;
  readonly affected: readonly string[];
}

/** Counts hits, including those caused by the tasks' own handlers. */
export function countHits(histories: Histories): FaultFigures[] {
  const endings = new Map(
    histories.tasks
      .filter(({ script }) => script !== "slow")
      .flatMap((task) => [...task.ids, `n${task.n}`].map((id) => [id, endedAt(task, histories)] as const)),
  );
  const hits = [...histories.faults, ...scriptedHits(histories)];
  return histories.run.faults.map((fault) => {
    const ofFault = hits.filter((hit) => hit.fault === fault);
    return { fault, hits: ofFault.length, recoveryMs: ofFault.flatMap((hit) => recoveryOf(hit, endings)) };
  });
}

/** Combines the figures of several runs. */
export function addFigures(some: readonly FaultFigures[], more: readonly FaultFigures[]): FaultFigures[] {
  return [...Map.groupBy([...some, ...more], ({ fault }) => fault)].map(([fault, all]) => ({
    fault,
    hits: all.reduce((sum, { hits }) => sum + hits, 0),
    recoveryMs: all.flatMap(({ recoveryMs }) => recoveryMs),
  }));
}

function recoveryOf({ at, affected }: Hit, endings: ReadonlyMap<string, number | undefined>): number[] {
  const after = affected.map((id) => (endings.get(id) ?? at) - at).filter((ms) => ms > 0);
  return after.length > 0 ? [Math.min(...after)] : [];
}

/** A handler that ran its process out of memory has no end in the ledger; the others record how they ended. */
function scriptedHits({ tasks }: Histories): Hit[] {
  return tasks.flatMap(({ script, runs }) => {
    const fault = SCRIPTED_FAULTS.find((name) => name === script);
    const first = runs[0];
    if (fault === undefined || !first) return [];
    const hit = script === "memory" ? first.endedAt === undefined : script !== "saturated" || first.how === "saturated";
    return hit ? [{ fault, at: first.at, affected: [first.taskId] }] : [];
  });
}

/** A run in which faults didn't hit proves little. */
export function checkHits(figures: readonly FaultFigures[], { run }: Histories): BrokenPromise[] {
  return figures
    .filter(({ hits }) => hits < run.hits)
    .map(({ fault, hits }) => ({ promise: "every fault hits", what: `${fault} hit ${hits} of ${run.hits} times` }));
}
