/** An attempt's outcome, explained to a person. */
export interface Outcome {
  /** In a few words. */
  readonly label: string;
  /** As a sentence. */
  readonly meaning: string;
  readonly colour: "good" | "warn" | "bad" | "quiet";
}

const OUTCOMES: ReadonlyMap<string, Outcome> = new Map<string, Outcome>([
  ["succeeded", { label: "succeeded", meaning: "The handler did its work.", colour: "good" }],
  ["retry", { label: "asked for a retry", meaning: "The handler asked for another attempt.", colour: "warn" }],
  [
    "permanent",
    { label: "failed for good", meaning: "The handler said that another attempt would not help.", colour: "bad" },
  ],
  [
    "saturated",
    { label: "was turned away", meaning: "The handler said that a dependency is overloaded.", colour: "warn" },
  ],
  ["threw", { label: "threw an error", meaning: "The handler threw, which counts as a failure.", colour: "bad" }],
  ["timed-out", { label: "timed out", meaning: "The handler used up its time and was stopped.", colour: "bad" }],
  [
    "snoozed",
    { label: "was snoozed", meaning: "The handler snoozed the task. The attempt doesn't count.", colour: "quiet" },
  ],
  ["released", { label: "was released", meaning: "The worker shut down. The attempt doesn't count.", colour: "quiet" }],
  [
    "unknown-type",
    {
      label: "found no handler",
      meaning: "This revision of the worker didn't know the type: it may be an older one.",
      colour: "bad",
    },
  ],
  [
    "cancelled",
    { label: "was cancelled", meaning: "It was stopped because somebody cancelled the task.", colour: "quiet" },
  ],
  [
    "lost",
    {
      label: "was lost",
      meaning:
        "It reported no end before its lease ran out: its process was killed, or its handler ignored the signal to stop.",
      colour: "bad",
    },
  ],
]);

/** Explains an outcome. One that only later revisions know is shown as it is. */
export function describeOutcome(outcome: string): Outcome {
  return (
    OUTCOMES.get(outcome) ?? {
      label: `ended as ${outcome}`,
      meaning: "A newer worker reported this outcome. This console doesn't know what it means.",
      colour: "warn",
    }
  );
}
