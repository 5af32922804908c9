import { type DocumentSnapshot, Timestamp } from "@google-cloud/firestore";
import { z } from "@hono/zod-openapi";
import { attemptLogSchema } from "../../../shared/records/attempt-log.ts";
import { missingFields } from "../../../shared/records/letters/dead-letter.ts";
import { attemptViewSchema, describeAttempts } from "../tasks/status/attempt-view.ts";
import { taskPath } from "../tasks/status/task-view.ts";

export const LETTER_STATUSES = ["open", "replayed"] as const;

const time = z.iso.datetime();

/** A dead letter as the API shows it. */
export const letterViewSchema = z
  .object({
    id: z.string(),
    status: z.enum(LETTER_STATUSES).openapi({
      description: "open: not replayed yet. A letter whose task dies again is open again.",
    }),
    taskId: z.string().openapi({ description: "The task that died." }),
    type: z.string(),
    queue: z.string(),
    code: z.string().openapi({ description: "Why it died, as a code for programs." }),
    message: z.string().openapi({ description: "The same as a sentence." }),
    attempts: z.int().nonnegative(),
    enqueuedAt: time,
    diedAt: time,
    expiresAt: time.openapi({ description: "When the letter is deleted." }),
    caller: z.string().optional().openapi({ description: "Who handed the task over. Missing if unknown." }),
    replayOf: z.string().optional().openapi({ description: "The dead letter that the task replayed." }),
    replays: z.int().nonnegative().openapi({ description: "How often the letter was replayed." }),
    replayedAs: z.string().optional().openapi({ description: "The task that the last replay made." }),
    replayedAt: time.optional(),
    replayedBy: z.string().optional(),
    attemptLog: z.array(attemptViewSchema).optional().openapi({
      description: "The last ten attempts, oldest first. Missing in lists.",
    }),
    payload: z.unknown().optional().openapi({ description: "The task's payload: any JSON. Only on request." }),
    payloadOmitted: z.literal(true).optional().openapi({
      description: "Set if the payload was requested, but the letter doesn't have it. To replay the letter, send one.",
    }),
    links: z.object({ self: z.string(), task: z.string() }),
  })
  .openapi("DeadLetter");

export type LetterView = z.infer<typeof letterViewSchema>;

const ID = `${"9f2c".repeat(8)}-default`;

/** A sample letter for the OpenAPI document. */
export const EXAMPLE_LETTER: LetterView = {
  id: ID,
  status: "open",
  taskId: ID,
  type: "webhook.deliver",
  queue: "default",
  code: "HTTP_500",
  message: "The subscriber answered 500.",
  attempts: 15,
  enqueuedAt: "2030-01-31T08:00:00.000Z",
  diedAt: "2030-01-31T09:12:44.120Z",
  expiresAt: "2030-05-01T09:12:44.120Z",
  caller: "shop@my-project-123.iam.gserviceaccount.com",
  replays: 0,
  links: { self: letterPath(ID), task: taskPath(ID) },
};

/** The fields that a list reads. The payload and the attempts can be many times larger. */
export const LISTED_FIELDS = [
  "status",
  "taskId",
  "type",
  "queue",
  "code",
  "error",
  "attempts",
  "enqueuedAt",
  "diedAt",
  "expireAt",
  "caller",
  "replayOf",
  "replays",
  "replayedAs",
  "replayedAt",
  "replayedBy",
] as const;

const instant = z.instanceof(Timestamp).transform((at) => at.toDate().toISOString());

const documentSchema = z.object({
  status: z.enum(LETTER_STATUSES),
  taskId: z.string(),
  type: z.string(),
  queue: z.string(),
  code: z.string(),
  error: z.object({ message: z.string() }).catch({ message: "" }),
  attempts: z.int().nonnegative().catch(0),
  enqueuedAt: z.iso.datetime(),
  diedAt: instant,
  expireAt: instant,
  caller: z.string().optional(),
  replayOf: z.string().nullish(),
  replays: z.int().nonnegative().catch(0),
  replayedAs: z.string().optional(),
  replayedAt: instant.optional().catch(undefined),
  replayedBy: z.string().optional(),
});

/** A letter for a list; undefined if the document isn't a letter. */
export function describeLetter(document: DocumentSnapshot): LetterView | undefined {
  const fields = document.data() ?? {};
  const { data } = documentSchema.safeParse({ ...fields, ...missingFields(fields) });
  if (!data) return undefined;
  const { error, expireAt, replayOf, caller, replayedAs, replayedAt, replayedBy, ...told } = data;
  const { id } = document;
  const mayBeMissing = Object.entries({ caller, replayOf, replayedAs, replayedAt, replayedBy });
  return {
    id,
    ...told,
    message: error.message,
    expiresAt: expireAt,
    ...Object.fromEntries(mayBeMissing.filter(([, value]) => value !== undefined && value !== null)),
    links: { self: letterPath(id), task: taskPath(encodeURIComponent(told.taskId)) },
  };
}

/** The additional field of a letter that is read by id. */
export function describeAttemptLog(document: DocumentSnapshot): Pick<LetterView, "attemptLog"> {
  return { attemptLog: describeAttempts(attemptLogSchema.catch([]).parse(document.get("attemptLog"))) };
}

/** The payload that the letter keeps for a replay. */
export function describePayload(document: DocumentSnapshot): Pick<LetterView, "payload" | "payloadOmitted"> {
  const payloadJson: unknown = document.get("payloadJson");
  if (document.get("payloadOmitted") === true || typeof payloadJson !== "string") return { payloadOmitted: true };
  try {
    return { payload: JSON.parse(payloadJson) };
  } catch {
    return { payloadOmitted: true };
  }
}

function letterPath(id: string): string {
  return `/v1/dead-letters/${encodeURIComponent(id)}`;
}
