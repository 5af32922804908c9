import { checkEffects } from "./check/effects.ts";
import { checkEndings } from "./check/endings.ts";
import { checkHits, countHits } from "./check/fault-hits.ts";
import { readHistories } from "./check/histories.ts";
import { checkOwners } from "./check/owners.ts";
import { checkRepeats, explainRepeats } from "./check/repeats.ts";
import { checkSecrets } from "./check/secrets.ts";
import { summarise } from "./check/summary.ts";
import { runFolder } from "./run-folder.ts";

/** `node test/chaos/check.ts DIR`: holds what a run left in its folder against the promises; exit code 1 when one was broken. */
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("Name the folder of a run.\n");
  process.exit(1);
}
const histories = readHistories(runFolder(folder));
const repeats = explainRepeats(histories);
const figures = countHits(histories);
const broken = [
  ...checkEndings(histories),
  ...checkOwners(histories),
  ...checkEffects(histories),
  ...checkRepeats(repeats),
  ...checkSecrets(histories),
  ...checkHits(figures, histories),
];
for (const line of summarise(histories, { repeats, figures, broken })) process.stdout.write(`${line}\n`);
process.exitCode = broken.length > 0 ? 1 : 0;
