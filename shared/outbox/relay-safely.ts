import { DependencyError } from "../runtime/dependency-error.ts";
import { errorFields } from "../runtime/error-fields.ts";
import { RecordStoreError } from "../records/record-store-error.ts";
import { taskIdOf } from "./entry.ts";
import type { EntryDocument } from "./outbox-store.ts";
import { postpone } from "./postpone.ts";
import { type Relay, type Relayed, relayDocument } from "./relay.ts";

/** How long postponing a failed entry may take, in milliseconds, in addition to the time for its relay. */
export const PUT_OFF_MS = 1_000;

/** Relays one entry as `relayEntry` does, but never throws: it logs any failure and postpones the entry. */
export async function relaySafely(id: string, relay: Relay, untilMs: number): Promise<Relayed> {
  let document: EntryDocument | undefined;
  try {
    document = await relay.outbox.read(id, untilMs);
    return await relayDocument(document, relay, untilMs);
  } catch (error) {
    const isExpected = error instanceof RecordStoreError || error instanceof DependencyError;
    const fields = { ...errorFields(error), taskId: taskIdOf(id), entryId: id };
    relay.log[isExpected ? "warn" : "error"](fields, "an entry could not be relayed");
    if (document) await putOff(document, relay);
    return "failed";
  }
}

async function putOff(document: EntryDocument, relay: Relay): Promise<void> {
  try {
    await postpone(document, relay, relay.clock.now() + PUT_OFF_MS);
  } catch (error) {
    if (!(error instanceof RecordStoreError)) throw error;
    const { id } = document;
    relay.log.warn({ ...errorFields(error), taskId: taskIdOf(id), entryId: id }, "an entry could not be postponed");
  }
}
