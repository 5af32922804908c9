import { claimantOf, planOf, newAttempt } from "./deliveries.ts";
import { settleUnrecorded } from "./endings.ts";
import type { Scenario } from "./world/scenario.ts";

/** A delivery to a revision that doesn't know the type: nothing runs, and it settles like a natural task's attempt. */
export function arriveAtOlder(scenario: Scenario): void {
  const attempt = newAttempt(scenario);
  const claimant = { ...claimantOf(attempt, "natural"), maxAttempts: Number.POSITIVE_INFINITY };
  const end = { kind: "unknown-type", type: "test.model" } as const;
  if (!scenario.decisions.mayBeTooOld(claimant, scenario.world.nowMs)) {
    return settleUnrecorded(scenario, attempt, { claimant, end });
  }
  scenario.transact(attempt, () => {
    const { world, decisions } = scenario;
    const decision = decisions.admitUnclaimed(world.record, claimant, world.nowMs);
    if (decision.kind === "reject") return planOf(scenario, decision, attempt);
    return { commit: null, idle: null, proceed: () => settleUnrecorded(scenario, attempt, { claimant, end }) };
  });
}
