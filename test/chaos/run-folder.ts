import path from "node:path";

/** Where a run keeps its histories for the checker. */
export function runFolder(folder: string) {
  const inside = (...parts: string[]): string => path.join(folder, ...parts);
  return {
    folder,
    /** The run's parameters: seed, options, the secret. */
    run: inside("run.json"),
    /** Callers' requests and the responses they got. */
    orders: inside("orders.jsonl"),
    /** Deliveries that the balancer passed on, and the responses. */
    deliveries: inside("deliveries.jsonl"),
    /** Faults that actually hit. */
    faults: inside("faults.jsonl"),
    /** When processes started, ended, and were paused. */
    processes: inside("processes.jsonl"),
    /** What reached the outside receiver. */
    receiver: inside("receiver.jsonl"),
    /** Start, effect and end of every handler run, one file per process. */
    ledger: inside("ledger"),
    /** A file for each number, with the id of the task that ran first under it. */
    marks: inside("marks"),
    /** The processes' output. */
    logs: inside("logs"),
    queues: inside("queues.json"),
    tasksData: inside("cloud-tasks"),
    /** Signing keys that are announced before they are used. */
    nextKeys: inside("next-keys"),
    firestoreData: inside("firestore"),
    summary: inside("summary.json"),
  };
}

export type RunFolder = ReturnType<typeof runFolder>;
