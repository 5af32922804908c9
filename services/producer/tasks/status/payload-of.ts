import type { Json } from "../../../../shared/contract/any-json.ts";
import type { TaskId } from "../../../../shared/contract/task-id.ts";
import { deadLetterId } from "../../../../shared/records/letters/dead-letter.ts";
import { RecordStoreError } from "../../../../shared/records/record-store-error.ts";
import { DependencyError } from "../../../../shared/runtime/dependency-error.ts";
import { parseLetter } from "../../dead-letters/read-letter.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../../producer.ts";
import { envelopeOf } from "../moving/found-task.ts";
import type { TaskFacts } from "./task-status.ts";
import type { TaskView } from "./task-view.ts";

/**
 * A task's payload, from its queue, the outbox or its dead letter; undefined if none has it any more. A queued task was
 * looked up with its payload.
 *
 * @throws DependencyError if the letter can't be read.
 */
export async function payloadOf(
  facts: TaskFacts,
  state: TaskView["state"],
  producer: Pick<Producer, "letters" | "clock">,
): Promise<Json | undefined> {
  switch (state) {
    case "queued":
    case "scheduled":
    case "waiting": {
      const envelope = envelopeOf(facts);
      return envelope?.id === facts.id ? envelope.payload : undefined;
    }
    case "dead":
      return await payloadOfLetter(facts.id, producer);
    case "running":
    case "succeeded":
    case "cancelled":
    case "finished":
    case "removed":
      return undefined;
    default:
      return state satisfies never;
  }
}

async function payloadOfLetter(
  id: TaskId,
  { letters, clock }: Pick<Producer, "letters" | "clock">,
): Promise<Json | undefined> {
  try {
    const letter = await letters.read(deadLetterId(id), { untilMs: clock.now() + LOOK_UP_TIMEOUT_MS });
    return letter.exists ? parseLetter(letter.id, letter.data())?.payload : undefined;
  } catch (error) {
    if (error instanceof RecordStoreError) throw new DependencyError("firestore", error);
    throw error;
  }
}
