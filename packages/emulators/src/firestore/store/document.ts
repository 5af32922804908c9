import type { Fields } from "../values/value.ts";

/** One version of a document as the store holds it; times are microseconds since 1970, and nothing in it is ever changed. */
export interface StoredDocument {
  readonly name: string;
  readonly fields: Fields;
  readonly createTime: bigint;
  readonly updateTime: bigint;
}
