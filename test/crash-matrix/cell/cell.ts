import type { HandlerFault, MatrixFault } from "../process/matrix-faults.ts";
import type { Moment, Scenario } from "./scenarios.ts";
import type { Ending } from "../process/worker-process.ts";

/** One cell of the matrix. */
export interface Cell {
  readonly scenario: Scenario;
  readonly fault: MatrixFault | HandlerFault;
  readonly moment: Moment;
}

/** How the delivery that met the fault was answered, and another that came meanwhile; null where there is none. */
export interface Struck {
  readonly ending: Ending | null;
  readonly others: Ending | null;
}

/** What became of a cell's task: every answer, and how it ended. */
export interface CellStory extends Struck {
  /** The good deliveries that followed until one was acknowledged. */
  readonly again: readonly Ending[];
}

/** What a cell shows, and what in it should not have happened. */
export interface CellResult {
  readonly entry: string;
  readonly violations: readonly string[];
}
