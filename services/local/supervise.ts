import type { Clock, Timer } from "../../shared/runtime/clock.ts";
import type { Child, Program } from "./child.ts";
import { Restarts } from "./restarts.ts";

/** A program that is kept running until it is stopped. */
export interface Supervised {
  /** Resolves once it is listening; rejects if it ends before that. */
  readonly listening: Promise<void>;
  stop(): Promise<void>;
}

export interface Supervision {
  readonly clock: Clock;
  readonly print: (line: string) => void;
  readonly startChild: (program: Program, print: (line: string) => void) => Child;
  /**
   * What to do when it ends on its own. Services restart, as on Cloud Run, without a limit; when an emulator ends, the
   * whole stack does.
   */
  readonly ifItEnds: "restart" | "give up";
  /** Called with a sentence when the program has ended for good. */
  readonly onGone: (why: string) => void;
}

/** Starts a program and keeps it running. One that never listens is not started again: then it can't be used at all. */
export function supervise(program: Program, supervision: Supervision): Supervised {
  const { clock, print, startChild, ifItEnds, onGone } = supervision;
  const restarts = new Restarts(program.name);
  let hasListened = false;
  let stopping = false;
  let restart: Timer | undefined;
  const start = (): Child => {
    const child = startChild(program, print);
    if (child.pid !== undefined) print(`${program.name} has pid ${child.pid}`);
    let listeningAtMs: number | undefined;
    void child.ended.then((ending) => {
      if (stopping || !hasListened) return;
      if (ifItEnds === "give up") {
        onGone(`The ${program.name} ${ending.how}.`);
        return;
      }
      const listenedMs = listeningAtMs === undefined ? 0 : clock.now() - listeningAtMs;
      const { delayMs, says } = restarts.after(ending, listenedMs);
      print(says);
      restart = clock.setTimer(delayMs, () => {
        current = start();
      });
    });
    child.listening.then(
      () => {
        hasListened = true;
        listeningAtMs = clock.now();
      },
      () => {},
    );
    return child;
  };
  let current = start();
  return {
    listening: current.listening,
    stop: () => {
      stopping = true;
      restart?.cancel();
      return current.stop();
    },
  };
}
