import type { Clock } from "../../../../shared/runtime/clock.ts";

/** The time that an emulator goes by. */
export interface EmulatorClock extends Clock {
  /** Is told of work that has begun, so that a clock which is moved by hand doesn't move on before it has ended. */
  hold?(work: Promise<unknown>): void;
}
