import { Timestamp } from "@google-cloud/firestore";
import { z } from "@hono/zod-openapi";
import type { AttemptLog } from "../../../../shared/records/attempt-log.ts";

const OUTCOME_MEANINGS = [
  "succeeded, retry, permanent, saturated: as the handler said",
  "threw: the handler threw, or an error of its own came up outside it",
  "timed-out: it used up its time",
  "snoozed: its handler put the task off, and the attempt doesn't count",
  "released: the worker shut down, and the attempt doesn't count",
  "unknown-type: this revision of the worker didn't know the type",
  "cancelled: it was stopped because the task was cancelled",
  "lost: it reported no end before its lease ran out, because its process was killed or it ignored the signal to stop",
];

const time = z.iso.datetime();

/** One attempt of a task as the API shows it. */
export const attemptViewSchema = z
  .object({
    attempt: z.int().openapi({
      description: "The attempt's number. After an attempt that doesn't count, the next one has the same number.",
    }),
    hop: z.int().optional(),
    startedAt: time.optional(),
    endedAt: time.optional().openapi({ description: "Missing if nobody knows." }),
    outcome: z.string().openapi({ description: `${OUTCOME_MEANINGS.join("; ")}.` }),
    code: z.string().optional(),
    message: z.string().optional().openapi({
      description: "At most 500 characters. What was thrown is shown without what it quotes of the payload.",
    }),
    stack: z.string().optional().openapi({ description: "The first frames of what was thrown, at most 1 KiB." }),
    instance: z
      .string()
      .optional()
      .openapi({ description: "The worker's instance, as the first line of its log says." }),
    nextAt: time.optional().openapi({ description: "When the next attempt was to be. Missing if its queue chose." }),
    nextRule: z.string().optional().openapi({
      description: "What chose nextAt. backoff: the task's type; retry-after and snooze: its handler.",
    }),
  })
  .openapi("Attempt");

const instant = z
  .instanceof(Timestamp)
  .transform((at) => at.toDate().toISOString())
  .nullish();
const text = z.string().nullish();

/** An attempt as any revision may have recorded it. */
const recordedSchema = z.object({
  attempt: z.int(),
  hop: z.int().optional(),
  startedAt: instant,
  endedAt: instant,
  outcome: z.string(),
  code: text,
  message: text,
  stack: text,
  instance: text,
  nextAt: instant,
  nextRule: text,
});

/** The attempts of a record's log, oldest first. An entry that can't be read is left out. */
export function describeAttempts(log: AttemptLog): z.infer<typeof attemptViewSchema>[] {
  return log.flatMap((entry) => {
    const { data } = recordedSchema.safeParse(entry);
    if (!data) return [];
    const { attempt, outcome, ...rest } = data;
    const known = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
    return [{ attempt, ...Object.fromEntries(known), outcome }];
  });
}
