import type { Timestamp } from "@google-cloud/firestore";
import type { protos } from "@google-cloud/firestore-api";
import { plainFields, plainTime } from "./wire-values.ts";

/** A document as it was read, which may not exist. A snapshot from Google's client is one, too. */
export interface StoredDocument {
  readonly exists: boolean;
  /** When it was last written. */
  readonly updateTime?: Timestamp | undefined;
  readonly readTime: Timestamp;
  /** Its fields; undefined if it doesn't exist. */
  data(): Readonly<Record<string, unknown>> | undefined;
}

/** The document in a response to a read; undefined if the response contains none. */
export function storedDocument({
  found,
  missing,
  readTime,
}: protos.google.firestore.v1.IBatchGetDocumentsResponse): StoredDocument | undefined {
  if (!readTime || (!found && !missing)) return undefined;
  const fields = found ? plainFields(found.fields ?? {}) : undefined;
  return {
    exists: fields !== undefined,
    updateTime: found?.updateTime ? plainTime(found.updateTime) : undefined,
    readTime: plainTime(readTime),
    data: () => fields,
  };
}
