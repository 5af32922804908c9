import type { FaultProxy } from "../../harness/network/fault-proxy.ts";

/** Where the transactions of a batch stand when a process is killed. */
export const WINDOWS = [
  /** The application, when none of its commits has reached Firestore. */
  "before-commit",
  /** The application, when it doesn't know yet that its commits took effect. */
  "after-commit",
  /** Application and producer, when the producer has read the entries and no task has reached Cloud Tasks. */
  "before-create",
  /** Application and producer, when the tasks exist and the producer doesn't know yet. */
  "after-create",
  /** Application and producer, when the entries are gone and the producer doesn't know yet. */
  "after-delete",
] as const;
export type Window = (typeof WINDOWS)[number];

/** What is held in each window: the calls of one RPC, with or without their effect. */
export const HELD = {
  "before-commit": { of: "application", service: "firestore", rpc: "Commit", when: "before-effect" },
  "after-commit": { of: "application", service: "firestore", rpc: "Commit", when: "after-effect" },
  "before-create": { of: "producer", service: "tasks", rpc: "CreateTask", when: "before-effect" },
  "after-create": { of: "producer", service: "tasks", rpc: "CreateTask", when: "after-effect" },
  "after-delete": { of: "producer", service: "firestore", rpc: "Commit", when: "after-effect" },
} as const;

/** Calls that are held at a proxy. */
export interface HeldCalls {
  readonly count: number;
  /** Resolves when all of them are held, or after a while. */
  readonly reached: Promise<void>;
  /** Lets them go on; do so when the process that made them is gone. */
  release(): void;
}

/** How long a busy machine may take until all calls are held, in milliseconds. */
const HOLD_LIMIT_MS = 20_000;

/** Holds the next `most` calls of an RPC. */
export function holdCalls(
  proxy: FaultProxy,
  { rpc, when }: { readonly rpc: string; readonly when: "before-effect" | "after-effect" },
  most: number,
): HeldCalls {
  const all = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const timer = setTimeout(all.resolve, HOLD_LIMIT_MS);
  let count = 0;
  const onEffect = (): Promise<void> => {
    if (++count === most) all.resolve();
    return gone.promise;
  };
  void proxy.inject({ rpc, when, answer: "nothing", times: most, onEffect });
  return {
    get count() {
      return count;
    },
    reached: all.promise.finally(() => clearTimeout(timer)),
    release: gone.resolve,
  };
}
