import { claimantOf, concessionPlan, newAttempt } from "./deliveries.ts";
import { settleUnrecorded } from "./endings.ts";
import type { Scene } from "./world/scenario.ts";

/** A delivery to a revision that doesn't know the type: nothing runs, and it settles as a natural task's attempt does. */
export function arriveAtOlder(scene: Scene): void {
  const attempt = newAttempt(scene);
  const claimant = { ...claimantOf(attempt, "natural"), maxAttempts: Number.POSITIVE_INFINITY };
  const end = { kind: "unknown-type", type: "test.model" } as const;
  if (!scene.decisions.isLookedAt(claimant, scene.world.nowMs)) {
    return settleUnrecorded(scene, attempt, { claimant, end });
  }
  scene.transact(attempt, () => {
    const { world, decisions } = scene;
    const decision = decisions.unrecordedRun(world.record, claimant, world.nowMs);
    if (decision.kind !== "run") return concessionPlan(scene, decision, attempt);
    return { commit: null, idle: null, proceed: () => settleUnrecorded(scene, attempt, { claimant, end }) };
  });
}
