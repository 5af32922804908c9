import type { Task } from "../../views/task.ts";
import type { Attempt } from "../../views/task.ts";
import type { Output } from "./output.ts";
import { plain, plainJson, plainTime } from "./plain.ts";
import { type Column, fieldLines, tableLines } from "./table.ts";

/** The rule that set the time of the next attempt, as the end of a sentence. */
const RULES: Readonly<Record<string, string>> = {
  queue: "its queue chose the time",
  backoff: "its type's backoff chose the time",
  "retry-after": "its handler asked for that time",
  snooze: "its handler postponed it until then",
  run: "somebody moved it",
  schedule: "it was enqueued for then",
};

const COLOURS = { succeeded: "green", finished: "green", dead: "red", running: "cyan", waiting: "yellow" } as const;

/** A task's state, in its colour. */
function paintState(state: string, { paint }: Pick<Output, "paint">): string {
  const colour = Object.entries(COLOURS).find(([name]) => name === state)?.[1];
  return colour === undefined ? plain(state) : paint(colour, state);
}

/** Everything known about a task, as lines for a person. */
export function describeTask(task: Task, output: Pick<Output, "paint">): string[] {
  const { id, state, type, queue, attempts, createdAt, scheduleTime, finishedAt, nextAttempt, nextRule } = task;
  const next = nextAttempt ?? scheduleTime;
  const rule = nextRule === undefined ? "" : `, ${RULES[nextRule] ?? nextRule}`;
  const { links } = task;
  return [
    `${plain(id)} ${output.paint("bold", paintState(state, output))}`,
    ...fieldLines({
      type,
      queue,
      caller: task.caller,
      attempts,
      created: plainTime(createdAt),
      next: next === undefined ? undefined : `${plainTime(next)}${rule}`,
      finished: plainTime(finishedAt),
      cancel: task.cancelRequested ? "requested; the attempt that is running decides" : undefined,
      "last error": task.lastError && `${task.lastError.code}: ${task.lastError.message}`,
      result: jsonOf(task.result),
      payload: jsonOf(task.payload),
      parent: task.parent,
      children: task.children?.join(" "),
      "replay of": task.replayOf,
      console: links.console,
      logs: links.logs,
    }),
    ...describeAttempts(task.attemptLog ?? [], output),
  ];
}

const ATTEMPT_COLUMNS: readonly Column<Attempt>[] = [
  { title: "ATTEMPT", of: ({ attempt }) => attempt, align: "right" },
  { title: "STARTED", of: ({ startedAt }) => plainTime(startedAt) },
  { title: "ENDED", of: ({ endedAt }) => plainTime(endedAt) },
  { title: "OUTCOME", of: ({ outcome }) => outcome },
  { title: "ERROR", of: ({ code, message }) => [code, message].filter((part) => part !== undefined).join(": ") },
];

/** A table of attempts, after an empty line; nothing if there are none. */
export function describeAttempts(attempts: readonly Attempt[], { paint }: Pick<Output, "paint">): string[] {
  if (attempts.length === 0) return [];
  return ["", ...tableLines(attempts, ATTEMPT_COLUMNS, { head: true, bold: (text) => paint("bold", text) })];
}

/** A value as JSON; undefined if there is none. */
export function jsonOf(value: unknown): string | undefined {
  return value === undefined ? undefined : plainJson(value);
}
