import type { Cell, CellResult } from "./cell/cell.ts";
import { HANDLER_FAULTS, type HandlerFault, MATRIX_FAULTS, type MatrixFault } from "./process/matrix-faults.ts";
import { playCell } from "./cell/play-cell.ts";
import { MOMENTS, type Scenario } from "./cell/scenarios.ts";
import { NeverReached } from "./cell/cell-fault.ts";
import { type World, startWorld } from "./process/world.ts";

/** What one fault leads to at each moment. */
export interface Row {
  readonly fault: string;
  /** One entry per moment, in order. */
  readonly entries: readonly string[];
}

/** One table of the matrix, and every violation in it. */
export interface Table {
  readonly rows: readonly Row[];
  readonly violations: readonly string[];
}

/**
 * The cells of one world run one after another, because they move its time; the worlds wait concurrently. Google's
 * client retries a read after two seconds or more, whatever the error, and a commit sooner.
 */
const WORLDS: Readonly<Record<Scenario["at"], number>> = { BatchGetDocuments: 16, Commit: 6, handler: 2 };

/** Plays every cell of a scenario. */
export async function measureScenario(scenario: Scenario): Promise<Table> {
  const faults = scenario.at === "handler" ? HANDLER_FAULTS : MATRIX_FAULTS;
  const cells: Cell[] = faults.flatMap((fault) => MOMENTS.map((moment) => ({ scenario, fault, moment })));
  const results = new Map<Cell, CellResult>();
  const waiting = cells.filter((cell) => isToBePlayed(cell, faults));
  const playInOneWorld = async (): Promise<void> => {
    const world = await startWorld();
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) results.set(cell, await play(world, cell));
    await world.stop();
  };
  await Promise.all(Array.from({ length: WORLDS[scenario.at] }, playInOneWorld));

  return {
    rows: faults.map(({ name }, index) => ({
      fault: name,
      entries: cells.slice(index * MOMENTS.length, (index + 1) * MOMENTS.length).map((cell) => entryOf(cell, results)),
    })),
    violations: cells.flatMap((cell) =>
      (results.get(cell)?.violations ?? []).map((violation) => `${cell.fault.name}, ${cell.moment}: ${violation}`),
    ),
  };
}

/** If no delivery reaches a call at some moment, one cell is played to confirm that. */
function isToBePlayed({ scenario, moment, fault }: Cell, faults: readonly (MatrixFault | HandlerFault)[]): boolean {
  const reason = scenario.unreached[moment];
  if (reason === undefined) return true;
  return (reason === "finished" || reason === "nothing to write") && fault === faults[1];
}

async function play(world: World, cell: Cell): Promise<CellResult> {
  const reason = cell.scenario.unreached[cell.moment];
  if (reason === undefined) return await playCell(world, cell);
  try {
    await playCell(world, cell);
    return { entry: reason, violations: [`came to the call, though ${reason}`] };
  } catch (error) {
    if (!(error instanceof NeverReached)) throw error;
    world.subject.faults.calm();
    return { entry: reason, violations: [] };
  }
}

function entryOf(cell: Cell, results: ReadonlyMap<Cell, CellResult>): string {
  const entry = cell.scenario.unreached[cell.moment] ?? results.get(cell)?.entry;
  if (!entry) throw new Error(`${cell.scenario.title}: ${cell.fault.name}, ${cell.moment} was not measured.`);
  return entry;
}
