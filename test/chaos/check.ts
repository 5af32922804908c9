import { checkPromises } from "./check/all-promises.ts";
import { type FaultFigures, addFigures, countHits } from "./check/fault-hits.ts";
import { readHistories } from "./check/history/histories.ts";
import { figureTable, summarise } from "./check/summary.ts";
import { runFolder } from "./run-folder.ts";

/**
 * `node test/chaos/check.ts DIR...`: holds what runs left in their folders against the promises; exit code 1 when one was
 * broken. The figures of several runs are told together, too.
 */
const folders = process.argv.slice(2);
if (folders.length === 0) {
  process.stderr.write("Name the folder of a run.\n");
  process.exit(1);
}
const print = (line: string): void => void process.stdout.write(`${line}\n`);
let together: readonly FaultFigures[] = [];
for (const folder of folders) {
  const histories = readHistories(runFolder(folder));
  const broken = checkPromises(histories);
  summarise(histories, broken).forEach(print);
  together = addFigures(together, countHits(histories));
  if (broken.length > 0) process.exitCode = 1;
}
if (folders.length > 1) [`${folders.length} runs together`, ...figureTable(together)].forEach(print);
