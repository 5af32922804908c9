import type { DeadLetter } from "../../views/dead-letter.ts";
import { describeAttempts, jsonOf } from "./describe-task.ts";
import type { Output } from "./output.ts";
import { plain, plainTime } from "./plain.ts";
import { type Column, fieldLines } from "./table.ts";

export const LETTER_COLUMNS: readonly Column<DeadLetter>[] = [
  { title: "ID", of: ({ id }) => id },
  { title: "DIED", of: ({ diedAt }) => plainTime(diedAt) },
  { title: "TYPE", of: ({ type }) => type },
  { title: "CODE", of: ({ code }) => code },
  { title: "ATTEMPTS", of: ({ attempts }) => attempts, align: "right" },
  { title: "REPLAYS", of: ({ replays }) => replays, align: "right" },
];

/** Everything known about a dead letter, as lines for a person. */
export function describeLetter(letter: DeadLetter, output: Pick<Output, "paint">): string[] {
  const { replays, replayedAs, replayedAt, replayedBy } = letter;
  return [
    `${plain(letter.id)} ${output.paint("bold", letter.status)}`,
    ...fieldLines({
      task: letter.taskId,
      type: letter.type,
      queue: letter.queue,
      error: `${letter.code}: ${letter.message}`,
      attempts: letter.attempts,
      enqueued: plainTime(letter.enqueuedAt),
      died: plainTime(letter.diedAt),
      "kept until": plainTime(letter.expiresAt),
      caller: letter.caller,
      "replay of": letter.replayOf,
      replayed: replays === 0 ? undefined : `${replays} times, last by ${replayedBy ?? "an unknown account"}`,
      "replayed at": plainTime(replayedAt),
      "replayed as": replayedAs,
      payload: letter.payloadOmitted ? "was too large to keep" : jsonOf(letter.payload),
    }),
    ...describeAttempts(letter.attemptLog ?? [], output),
  ];
}
