import type { Fields } from "../values/value.ts";

/** One version of a document, which never changes. Times are in microseconds since 1970. */
export interface StoredDocument {
  readonly name: string;
  readonly fields: Fields;
  readonly createTime: bigint;
  readonly updateTime: bigint;
}
