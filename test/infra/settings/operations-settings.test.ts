import { expect, test } from "vitest";
import { SettingsError, parseSettings } from "../../../infra/settings/settings.ts";
import { FIXTURE } from "../support/fixture-registry.ts";

const NEEDED = { "handoff:project": "my-project-123", "handoff:region": "europe-west1", "handoff:prefix": "handoff" };

test.each<[Readonly<Record<string, string>>, string]>([
  [
    { "handoff:notificationChannels": '["123"]' },
    "handoff:notificationChannels.0: must be a channel's full name, for example projects/",
  ],
  [{ "handoff:monthlyBudget": "100" }, "handoff:monthlyBudget: needs handoff:billingAccount."],
  [
    { "handoff:monthlyBudget": "100" },
    "handoff:monthlyBudget: would notify nobody: name someone in handoff:notificationEm",
  ],
  [
    { "handoff:billingAccount": "012345-6789AB-CDEF01" },
    "handoff:billingAccount: has no effect without handoff:monthly",
  ],
  [{ "handoff:billingAccount": "My account" }, "handoff:billingAccount: must be a billing account's id"],
  [
    { "handoff:database": "(default)", "handoff:databaseLocation": "eur3", "handoff:weeklyBackupRetentionWeeks": "2" },
    "handoff:weeklyBackupRetentionWeeks: has no effect on an existing database",
  ],
  [
    { "handoff:availabilityGoal": "1" },
    "handoff:availabilityGoal: must be a number from 0.5 to 0.999, in plain digits.",
  ],
  [
    { "handoff:logRetentionDays": "0" },
    "handoff:logRetentionDays: must be a whole number from 1 to 3650, in plain digits.",
  ],
])("%j is refused with an explanation", (change, sentence) => {
  expect(() => parseSettings({ ...NEEDED, ...change }, FIXTURE)).toThrow(SettingsError);
  expect(() => parseSettings({ ...NEEDED, ...change }, FIXTURE)).toThrow(sentence);
});
