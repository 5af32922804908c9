import type { Clock, Timer } from "../../shared/runtime/clock.ts";
import type { Child, Program } from "./child.ts";
import { Restarts } from "./restarts.ts";

/** A program that is kept running until it is stopped. */
export interface Supervised {
  /** Resolves once it is listening; rejects if it ends before that. */
  readonly listening: Promise<void>;
  /**
   * Restarts it, perhaps as a changed program, as soon as its port is free. The old process finishes its work. If the
   * new one ends before it is listening, it isn't restarted until the next call.
   *
   * @param untilFree resolves once the port is free.
   * @returns whether the new process is listening.
   */
  reload(program: Program, untilFree: () => Promise<void>): Promise<boolean>;
  stop(): Promise<void>;
}

export interface Supervision {
  readonly clock: Clock;
  readonly print: (line: string) => void;
  readonly startChild: (program: Program, print: (line: string) => void) => Child;
  /**
   * What to do when it ends on its own. Services restart without a limit, as on Cloud Run; when an emulator ends, so
   * does the whole stack.
   */
  readonly ifItEnds: "restart" | "give up";
  /** Called with a sentence when the program has ended for good. */
  readonly onGone: (why: string) => void;
}

/**
 * Starts a program and keeps it running. If it never listened after a requested start, it isn't restarted: it can't
 * work as it is.
 */
export function supervise(first: Program, supervision: Supervision): Supervised {
  const { clock, print, startChild, ifItEnds, onGone } = supervision;
  const { name } = first;
  let program = first;
  let restarts = new Restarts(name);
  let stopping = false;
  let restart: Timer | undefined;
  /** Processes that were told to stop. */
  const leaving = new Set<Promise<void>>();

  const start = (by: "us" | "itself"): Child => {
    const child = startChild(program, print);
    if (child.pid !== undefined) print(`${name} has pid ${child.pid}`);
    let listeningAtMs: number | undefined;
    void child.ended.then((ending) => {
      const isOver = stopping || child !== current;
      if (isOver || (by === "us" && listeningAtMs === undefined)) return;
      if (ifItEnds === "give up") {
        onGone(`The ${name} ${ending.how}.`);
        return;
      }
      const listenedMs = listeningAtMs === undefined ? 0 : clock.now() - listeningAtMs;
      const { delayMs, says } = restarts.after(ending, listenedMs);
      print(says);
      restart = clock.setTimer(delayMs, () => {
        current = start("itself");
      });
    });
    child.listening.then(
      () => {
        listeningAtMs = clock.now();
      },
      () => {},
    );
    return child;
  };
  const leave = (child: Child): void => {
    restart?.cancel();
    const left = child.stop().finally(() => leaving.delete(left));
    leaving.add(left);
  };

  let current: Child | undefined = start("us");
  return {
    listening: current.listening,
    async reload(next, untilFree) {
      if (stopping) return false;
      program = next;
      restarts = new Restarts(name);
      const old = current;
      current = undefined;
      if (old) leave(old);
      await untilFree();
      if (stopping) return false;
      current = start("us");
      return await current.listening.then(
        () => true,
        () => false,
      );
    },
    async stop() {
      stopping = true;
      if (current) leave(current);
      await Promise.all(leaving);
    },
  };
}
