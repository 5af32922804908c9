import { checkPromises } from "./check/all-promises.ts";
import { readHistories } from "./check/histories.ts";
import { summarise } from "./check/summary.ts";
import { runFolder } from "./run-folder.ts";

/** `node test/chaos/check.ts DIR`: holds what a run left in its folder against the promises; exit code 1 when one was broken. */
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("Name the folder of a run.\n");
  process.exit(1);
}
const histories = readHistories(runFolder(folder));
const broken = checkPromises(histories);
for (const line of summarise(histories, broken)) process.stdout.write(`${line}\n`);
process.exitCode = broken.length > 0 ? 1 : 0;
