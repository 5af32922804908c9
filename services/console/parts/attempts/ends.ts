import type { TaskState } from "../../../../packages/client/src/views/task.ts";

/** How a task ended, for a person. */
export interface End {
  readonly title: string;
  /** As a sentence or two. */
  readonly meaning: string;
  readonly colour: "good" | "bad" | "quiet";
}

/** The final states. */
export type EndedState = Extract<TaskState, "succeeded" | "dead" | "cancelled" | "finished" | "removed">;

/** What it means for a task to end in this state. */
export function describeEnd(state: EndedState): End {
  switch (state) {
    case "succeeded":
      return { title: "Succeeded", meaning: "It is done, and won't run again.", colour: "good" };
    case "dead":
      return {
        title: "Given up",
        meaning: "It is kept as a dead letter, which an operator can replay.",
        colour: "bad",
      };
    case "cancelled":
      return { title: "Cancelled", meaning: "Somebody cancelled it before it was done.", colour: "quiet" };
    case "finished":
      return {
        title: "Finished",
        meaning: "It has left its queue. Tasks of natural types keep no record: they leave when they have succeeded.",
        colour: "good",
      };
    case "removed":
      return {
        title: "Removed",
        meaning:
          "It was taken out of its queue before it was done, by a purge or by hand. Its payload is gone: enqueue it again to have it done.",
        colour: "quiet",
      };
  }
}
