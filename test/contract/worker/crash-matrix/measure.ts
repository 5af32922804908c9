import { type Cell, type CellResult, runCell } from "./cell.ts";
import { HANDLER_FAULTS, MATRIX_FAULTS } from "./matrix-faults.ts";
import { MOMENTS, type Scene } from "./scenes.ts";
import { NeverReached } from "./strike.ts";
import { type World, startWorld } from "./world.ts";

export interface Row {
  readonly fault: string;
  readonly cells: readonly CellResult[];
}

const WORLDS = Number(process.env["WORLDS"] ?? 8);

export async function measureScene(scene: Scene): Promise<Row[]> {
  const faults = scene.at === "handler" ? HANDLER_FAULTS : MATRIX_FAULTS;
  const cells: Cell[] = faults.flatMap((fault) => MOMENTS.map((moment) => ({ scene, fault, moment })));
  const results = new Map<Cell, CellResult>();
  const queue = [...cells];
  const work = async (): Promise<void> => {
    let world: World | undefined;
    for (let cell = queue.shift(); cell; cell = queue.shift()) {
      const reason = cell.scene.unreached[cell.moment];
      if (reason) {
        results.set(cell, { entry: reason, violations: [] });
        continue;
      }
      world ??= await startWorld();
      try {
        const t = performance.now();
        results.set(cell, await Promise.race([runCell(world, cell), new Promise<never>((_,r)=>setTimeout(()=>r(new Error("HANG")),20000))]));
        process.stderr.write(`T ${(performance.now() - t).toFixed(0)} ${cell.fault.name} / ${cell.moment}\n`);
      } catch (error) {
        results.set(cell, { entry: error instanceof NeverReached ? "UNREACHED" : "ERROR", violations: [String(error)] });
        process.stderr.write(`X ${cell.fault.name} / ${cell.moment} ${String(error)}\n`);
        world = undefined;
      }
    }
    await world?.stop();
  };
  await Promise.all(Array.from({ length: WORLDS }, work));
  return faults.map((fault) => ({
    fault: fault.name,
    cells: cells.filter((cell) => cell.fault === fault).map((cell) => results.get(cell)!),
  }));
}
