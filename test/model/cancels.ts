import type { CancelDecision } from "../../services/producer/tasks/cancel/decide-cancel.ts";
import type { Scenario } from "./world/scenario.ts";
import { TASK, commitOf } from "./world/stored.ts";
import type { World } from "./world/world.ts";

/** Who cancels the task. */
export const CANCELLER = "ops@example.com";

/** A commit that is lost is decided on again; no step loses more than one. */
const MAX_TRIES = 3;

/**
 * The producer cancels the task: in its record, then in its queue. `isDeleted` says whether Cloud Tasks responds to
 * DeleteTask.
 */
export function cancel(scenario: Scenario, { isDeleted }: { readonly isDeleted: boolean }): void {
  if (hasVanished(scenario.world)) return;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { world, decisions } = scenario;
    const canceller = { task: TASK.envelope, by: CANCELLER, owner: "canceller", isNatural: world.kind === "natural" };
    const decision = decisions.decideCancel(world.record, canceller, world.nowMs);
    const commit = decision.transition && commitOf(world, decision.transition, scenario);
    switch (commit && scenario.nextFault()) {
      case "lost-before":
        continue;
      case "lost-after":
        if (commit) scenario.apply(commit);
        continue;
      case "hangs-late":
        if (commit) scenario.hang({ commit, version: world.version, idle: null });
        return;
      default:
        if (commit) scenario.apply(commit);
        return respond(scenario, decision, isDeleted);
    }
  }
}

/** Neither its queue nor a record shows the task, or only the record of an attempt that failed beside a success. */
function hasVanished({ isAcknowledged, record, nowMs, kind }: World): boolean {
  if (!isAcknowledged) return false;
  if (!record || record.expireAt.toMillis() <= nowMs) return true;
  return kind === "natural" && record.state === "waiting";
}

function respond(scenario: Scenario, decision: CancelDecision, isDeleted: boolean): void {
  if (decision.kind === "cancelled" && isDeleted) scenario.change({ isAcknowledged: true });
  // Without Cloud Tasks' response to DeleteTask, nobody knows whether a natural task is still to come.
  if (decision.kind === "cancelled" && scenario.world.kind === "natural" && !isDeleted) return;
  scenario.answerCancel(decision);
}
