import { createHash } from "node:crypto";
import { Timestamp } from "@google-cloud/firestore";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import { CLAIMED, type ProducerHarness } from "./producer-harness.ts";

/** The id of the letter that tests write. */
export const LETTER = `${"a".repeat(32)}-default`;

/** When the tests' letters died. */
const DIED_AT = Timestamp.fromMillis(Date.UTC(2026, 4, 1, 11, 0, 0, 7));

/** A dead letter as a worker writes it. */
export function letterOf(
  id: string,
  fields: object = {},
  { type, payload }: { readonly type: string; readonly payload: unknown } = CLAIMED,
) {
  return {
    status: "open",
    taskId: id,
    type,
    queue: "default",
    code: "HTTP_500",
    payloadJson: JSON.stringify(payload),
    payloadHash: hashPayload(payload),
    enqueuedAt: "2026-05-01T10:00:00.000Z",
    caller: "shop@example.com",
    attempts: 3,
    attemptLog: [],
    error: { code: "HTTP_500", message: "500" },
    replayOf: null,
    diedAt: DIED_AT,
    expireAt: Timestamp.fromMillis(Date.now() + 600_000),
    ...fields,
  };
}

/** Writes a dead letter. */
export async function writeLetter(
  producer: ProducerHarness,
  id = LETTER,
  fields: object = {},
  task: { readonly type: string; readonly payload: unknown } = CLAIMED,
): Promise<void> {
  await producer
    .letters()
    .doc(id)
    .set(letterOf(id, fields, task));
}

/** The most writes per commit. */
const A_COMMIT = 500;

/** Writes many letters at once. */
export async function writeLetters(
  producer: Pick<ProducerHarness, "letters">,
  letters: readonly (readonly [id: string, fields: object])[],
): Promise<void> {
  const collection = producer.letters();
  for (let at = 0; at < letters.length; at += A_COMMIT) {
    const batch = collection.firestore.batch();
    for (const [id, fields] of letters.slice(at, at + A_COMMIT)) batch.set(collection.doc(id), fields);
    await batch.commit();
  }
}

/** The fields of a letter; undefined if there is none. */
export async function readLetter(producer: ProducerHarness, id = LETTER) {
  return (await producer.letters().doc(id).get()).data();
}

/** The id of the task that the n-th replay of a letter creates. */
export function replayIdOf(n: number, { letter = LETTER, queue = "default", diedAt = DIED_AT } = {}): string {
  const origin = ["replay", letter, `${n} ${diedAt.toDate().toISOString()}`].join("\0");
  const digits = createHash("sha256").update(origin).digest("hex").slice(0, 32);
  return `${digits}${queue === "bulk" ? "n" : ""}-${queue}`;
}
