import type { HandlerFault, MatrixFault } from "../process/matrix-faults.ts";
import type { Moment, Scenario } from "./scenarios.ts";
import type { Ending } from "../process/ending.ts";

/** One cell of the matrix. */
export interface Cell {
  readonly scenario: Scenario;
  readonly fault: MatrixFault | HandlerFault;
  readonly moment: Moment;
}

/** The responses to the delivery that met the fault and to one that came meanwhile; null if there is none. */
export interface Struck {
  readonly ending: Ending | null;
  readonly others: Ending | null;
}

/** The result of a cell: every response, and how the task ended. */
export interface CellStory extends Struck {
  /** The good deliveries that followed until one was acknowledged. */
  readonly again: readonly Ending[];
}

/** What a cell shows, and every violation in it. */
export interface CellResult {
  readonly entry: string;
  readonly violations: readonly string[];
}
