import { type Child, type Program, startChild } from "./child.ts";

/** A program that is kept running until it is stopped. */
export interface Supervised {
  /** Resolves once it is listening; rejects if it ends before that. */
  readonly listening: Promise<void>;
  stop(): Promise<void>;
}

export interface Supervision {
  readonly print: (line: string) => void;
  /**
   * What to do when it ends on its own. Services restart, as on Cloud Run; when an emulator ends, the whole stack does.
   */
  readonly ifItEnds: "restart" | "give up";
  /** Called with a sentence when the program has ended for good. */
  readonly onGone: (why: string) => void;
}

/** Give up on a program that keeps ending after this many restarts. */
const MOST_RESTARTS = 10;

/** Starts a program and keeps it running. */
export function supervise(program: Program, supervision: Supervision): Supervised {
  const { print, ifItEnds, onGone } = supervision;
  let stopping = false;
  let restarts = 0;
  const start = (): Child => {
    const child = startChild(program, print);
    print(`${program.name} has pid ${child.pid}`);
    void child.ended.then((how) => {
      if (stopping) return;
      if (ifItEnds === "give up" || restarts >= MOST_RESTARTS) {
        onGone(`The ${program.name} ${how}.`);
        return;
      }
      restarts++;
      print(`${program.name} ${how}; starting it again`);
      current = start();
    });
    return child;
  };
  let current = start();
  return {
    listening: current.listening.catch((error: unknown) => {
      stopping = true;
      throw error;
    }),
    stop: () => {
      stopping = true;
      return current.stop();
    },
  };
}
