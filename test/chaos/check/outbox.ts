import type { BrokenPromise } from "./broken-promise.ts";
import { endingOf } from "./endings.ts";
import type { Histories, TaskHistory } from "./history/histories.ts";

/** What was committed is enqueued, nothing else is, and what follows from it is made once. */
export function checkOutbox(histories: Histories): BrokenPromise[] {
  const { tasks, strayRuns, run } = histories;
  return [
    ...tasks.flatMap((task) => checkOrder(task, histories)),
    ...checkChildren(histories),
    ...strayRuns.map(({ taskId }) => ({ promise: "only what was committed runs", what: `${taskId} ran` })),
    ...(run.isOutboxEmpty ? [] : [{ promise: "the outbox is empty in the end", what: "it has entries left" }]),
  ];
}

function checkOrder(task: TaskHistory, { versions }: Histories): BrokenPromise[] {
  const { n, origin, ids, isRolledBack, contestant, runsNow } = task;
  const broken: BrokenPromise[] = [];
  const must = (holds: boolean, promise: string, what: string): void =>
    void (holds || broken.push({ promise, n, what }));
  const isOrdered = versions.has(`chaosOrders/n${n}`);
  must(!isRolledBack || !isOrdered, "what is rolled back leaves nothing", "has an order");
  must(origin !== "outbox" || ids.size === 0 || isOrdered, "a task has its order", "was accepted without one");
  must(origin !== "replay" || ids.size === 1, "a letter is replayed once", `became ${ids.size} tasks`);
  const hasLetter = [...versions.keys()].some((name) =>
    [...ids].some((id) => name.startsWith(`deadLetters/${id}-`) || name.startsWith(`deadLetters/${id}.`)),
  );
  must(contestant === undefined || hasLetter, "another payload leaves a letter", "has none");
  for (const status of runsNow) {
    must([202, 404, 409].includes(status), "a run now is answered", `was answered ${status}`);
  }
  return broken;
}

/** A parent that succeeded has each child once; any other has none, unless a natural one ran to its end. */
function checkChildren(histories: Histories): BrokenPromise[] {
  const { tasks } = histories;
  const parents = new Map(tasks.filter(({ script }) => script === "parent").map((task) => [task.n, task]));
  return tasks.flatMap(({ n, parent: number, ids }) => {
    const parent = number === undefined ? undefined : parents.get(number);
    if (!parent || parent.ids.size === 0) return [];
    const ending = endingOf(parent, histories);
    const isDone = ending === "succeeded" || ending === "finished";
    const ranWell = parent.runs.some(({ how }) => how === "succeeded");
    const may = isDone ? [1] : parent.kind === "natural" && ranWell ? [0, 1] : [0];
    const what = `a ${parent.kind} parent that ended as ${ending} has it ${ids.size} times`;
    return may.includes(ids.size) ? [] : [{ promise: "children are as planned", n, what }];
  });
}
