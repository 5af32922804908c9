import { checkPromises } from "./check/all-promises.ts";
import { type FaultFigures, addFigures, countHits } from "./check/fault-hits.ts";
import { readHistories } from "./check/history/histories.ts";
import { figureTable, summarise } from "./check/summary.ts";
import { runFolder } from "./run-folder.ts";

/**
 * `node test/chaos/check.ts DIR...`: checks the histories in these folders against the promises; exit code 1 if any was
 * broken. For several runs it also prints the combined figures.
 */
const folders = process.argv.slice(2);
if (folders.length === 0) {
  process.stderr.write("Give the folder of at least one run.\n");
  process.exit(1);
}
const print = (line: string): void => void process.stdout.write(`${line}\n`);
let together: readonly FaultFigures[] = [];
for (const folder of folders) {
  const histories = await readHistories(runFolder(folder));
  const broken = checkPromises(histories);
  summarise(histories, broken).forEach(print);
  together = addFigures(together, countHits(histories));
  if (broken.length > 0) process.exitCode = 1;
}
if (folders.length > 1) [`${folders.length} runs together`, ...figureTable(together)].forEach(print);
