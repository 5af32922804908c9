import type { BrokenPromise } from "./broken-promise.ts";
import { checkCancels } from "./cancels.ts";
import { checkEffects } from "./effects.ts";
import { checkEndings } from "./endings.ts";
import { checkHits, countHits } from "./fault-hits.ts";
import type { Histories } from "./history/histories.ts";
import { checkLogs } from "./logs.ts";
import { checkOwners } from "./history/owners.ts";
import { checkOutbox } from "./outbox.ts";
import { checkSchedules } from "./schedules.ts";
import { checkRepeats, explainRepeats } from "./repeats.ts";
import { checkSecrets } from "./secrets.ts";

/** Checks a run's histories against every promise. */
export function checkPromises(histories: Histories): BrokenPromise[] {
  return [
    ...checkEndings(histories),
    ...checkOwners(histories),
    ...checkEffects(histories),
    ...checkCancels(histories),
    ...checkOutbox(histories),
    ...checkSchedules(histories),
    ...checkRepeats(explainRepeats(histories)),
    ...checkSecrets(histories),
    ...checkLogs(histories),
    ...checkHits(countHits(histories), histories),
  ];
}
