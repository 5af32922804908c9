import { DEPLOYMENT_FAULTS } from "./fault-names.ts";
import { reshardedVariable } from "../stack/chaos-queues.ts";
import { type FaultRun, inRandomOrder, until } from "./fault-run.ts";

const WORK_LIMIT_MS = 60_000;

/**
 * Deploys a revision with another number of shards, and the one before again, by turns, spread over the run. The first
 * producer stays as it is, so that both revisions are there at once.
 */
export async function deployOtherShards(run: FaultRun): Promise<void> {
  const { relayers, balancer } = run.stack;
  const deployments = inRandomOrder(DEPLOYMENT_FAULTS, run);
  for (const [index, fault] of deployments.entries()) {
    const due = (index + run.random()) / deployments.length;
    await until(() => run.passed() >= due, Infinity, run.signal);
    const isBusy = await until(() => balancer.underWay().length > 0, WORK_LIMIT_MS, run.signal);
    if (!isBusy) return;
    run.hit(fault, balancer.underWay());
    for (const { program } of relayers) {
      program.reconfigure(reshardedVariable(index % 2 === 0));
      // The next process of a worker that is paused is of the new revision, too.
      if (!run.held.has(program.slot) || program === relayers[0]?.program) await program.replace("SIGTERM");
    }
  }
}
