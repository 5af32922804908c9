import type { BrokenPromise } from "./broken-promise.ts";
import { endingOf } from "./endings.ts";
import type { Histories, TaskHistory } from "./history/histories.ts";
import type { Version } from "./history/record-versions.ts";

/** Effects happen as often as promised, and are the ones that were requested. */
export function checkEffects(histories: Histories): BrokenPromise[] {
  return histories.tasks.flatMap((task) => [...checkCount(task, histories), ...checkPayloads(task, histories)]);
}

/** The effect's document at the end of the run. */
function effectOf({ n }: TaskHistory, { versions }: Histories): Version | undefined {
  return versions.get(`chaosEffects/n${n}`)?.at(-1);
}

function checkCount(task: TaskHistory, histories: Histories): BrokenPromise[] {
  const { n, kind } = task;
  if (task.ids.size === 0) return [];
  const ending = endingOf(task, histories);
  const count = countEffects(task, histories);
  const wrong = (promise: string): BrokenPromise[] => [
    { promise, n, what: `ended as ${ending}, with ${count} effects` },
  ];
  switch (kind) {
    case "transaction":
      if (ending === "succeeded" && count !== 1) return wrong("a transaction's effect happens exactly once");
      return ending === "dead" && count > 0 ? wrong("a dead transaction has no effect") : [];
    case "claim":
      if (count > 1) return wrong("nothing is doubled for a receiver that knows keys");
      return ending === "succeeded" && count === 0 ? wrong("what succeeded has had its effect") : [];
    case "natural":
      return ending === "finished" && count === 0 ? wrong("what succeeded has had its effect") : [];
  }
}

/** How often the task's effect took place; for claimed tasks, how often the receiver applied it. */
export function countEffects(task: TaskHistory, histories: Histories): number {
  if (task.kind === "claim") return task.received.filter(({ applied }) => applied).length;
  return effectOf(task, histories)?.number("count") ?? 0;
}

function checkPayloads(task: TaskHistory, histories: Histories): BrokenPromise[] {
  const { n, fingerprint, runs, received } = task;
  const seen = [
    ...runs.map((run) => run.fingerprint),
    ...received.map(({ body }) => body.fingerprint),
    effectOf(task, histories)?.text("fingerprint") ?? fingerprint,
  ];
  return seen.every((each) => each === fingerprint)
    ? []
    : [{ promise: "the payload is the one asked for", n, what: "ran with another payload" }];
}
