/** The state of a task, a letter, a queue or a schedule, as a word in its colour. */
export function StateBadge({ state }: { readonly state: string }) {
  return <span class={`state ${COLOURS[state] ?? "quiet"}`}>{state}</span>;
}

const COLOURS: Readonly<Record<string, string>> = {
  queued: "due",
  scheduled: "due",
  running: "busy",
  waiting: "warn",
  succeeded: "good",
  finished: "good",
  dead: "bad",
  cancelled: "quiet",
  removed: "quiet",
  open: "bad",
  replayed: "good",
  active: "good",
  paused: "warn",
  disabled: "warn",
  off: "quiet",
};
