import path from "node:path";

/** Where a run keeps what it did, and what the checker reads. */
export function runFolder(folder: string) {
  const inside = (...parts: string[]): string => path.join(folder, ...parts);
  return {
    folder,
    /** What was asked for: seed, options, the secret. */
    run: inside("run.json"),
    /** What callers asked for, and what they were answered. */
    orders: inside("orders.jsonl"),
    /** What the balancer passed on, and how it was answered. */
    deliveries: inside("deliveries.jsonl"),
    /** Faults that really hit. */
    faults: inside("faults.jsonl"),
    /** When processes started, ended, and stood still. */
    processes: inside("processes.jsonl"),
    /** What reached the outside receiver. */
    receiver: inside("receiver.jsonl"),
    /** Begin, effect and end of every handler, a file a process. */
    ledger: inside("ledger"),
    /** An empty file for each task that has begun to run once. */
    marks: inside("marks"),
    /** What the processes wrote. */
    logs: inside("logs"),
    queues: inside("queues.json"),
    tasksData: inside("cloud-tasks"),
    /** Signing keys that are announced before they are used. */
    nextKeys: inside("next-keys"),
    firestoreData: inside("firestore"),
    /** Firestore's journals before its restarts, which shorten them. */
    journals: inside("journals"),
    summary: inside("summary.json"),
  };
}

export type RunFolder = ReturnType<typeof runFolder>;
