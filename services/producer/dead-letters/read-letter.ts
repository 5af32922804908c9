import { Timestamp } from "@google-cloud/firestore";
import * as z from "zod";
import type { Json } from "../../../shared/contract/any-json.ts";

const letterSchema = z.object({
  /** Missing from letters of earlier revisions, which were never replayed. */
  status: z.enum(["open", "replayed"]).catch("open"),
  type: z.string(),
  payloadJson: z.string().transform((text, context): Json => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue("must be JSON text");
      return z.NEVER;
    }
  }),
  payloadOmitted: z.boolean().optional(),
  payloadHash: z.string(),
  /** Missing from letters of earlier revisions. */
  caller: z.string().optional(),
  diedAt: z
    .instanceof(Timestamp)
    .transform((at) => at.toDate().toISOString())
    .optional()
    .catch(undefined),
  replays: z.int().nonnegative().catch(0),
  replayedAs: z.string().optional(),
  replayKeys: z.array(z.object({ key: z.string(), id: z.string() })).catch([]),
});

/** The parts of a dead letter that a replay depends on. */
export interface ReplayableLetter extends Omit<z.infer<typeof letterSchema>, "payloadJson" | "payloadOmitted"> {
  readonly id: string;
  /** The task's payload; undefined if Firestore refused to store it. */
  readonly payload: Json | undefined;
}

/** Parses a letter's document, see `DeadLetter`; undefined if it isn't one. */
export function parseLetter(id: string, document: unknown): ReplayableLetter | undefined {
  const { data } = letterSchema.safeParse(document);
  if (!data) return undefined;
  const { payloadJson: payload, payloadOmitted, ...letter } = data;
  return { id, ...letter, payload: payloadOmitted ? undefined : payload };
}

const MAX_ID_BYTES = 1_500;
const RESERVED = /^(?:\.{1,2}|__.*__)$/;

/** Whether Firestore allows it as an id (https://cloud.google.com/firestore/docs/best-practices#document_ids). */
export function isLetterId(text: string): boolean {
  return (
    text.length > 0 &&
    Buffer.byteLength(text) <= MAX_ID_BYTES &&
    text.isWellFormed() &&
    !text.includes("/") &&
    !RESERVED.test(text)
  );
}
