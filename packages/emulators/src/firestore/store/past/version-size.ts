import { valueSize } from "../document-size.ts";
import type { StoredDocument } from "../document.ts";
import { type Fields, type Value, elementsOf, mapFieldsOf } from "../../values/value.ts";

/** What V8 takes for a version besides its fields, and for a value besides its text or bytes; both measured. */
const VERSION_BYTES = 256;
const VALUE_BYTES = 48;

/** For each field and element, even if its value is shared. */
const SLOT_BYTES = 8;

const NO_FIELDS: Fields = {};

/**
 * About how much memory a version takes that the next one doesn't share with it, in bytes. Values that a write leaves as
 * they are belong to both: a large document in which a counter changes takes little for each version.
 *
 * @param next null when the document was deleted.
 */
export function versionBytes({ fields }: StoredDocument, next: StoredDocument | null): number {
  return VERSION_BYTES + fieldsBytes(fields, next?.fields ?? NO_FIELDS);
}

function fieldsBytes(fields: Fields, shared: Fields): number {
  if (fields === shared) return 0;
  let bytes = 0;
  for (const name of Object.keys(fields)) {
    const isInBoth = Object.hasOwn(shared, name);
    bytes += SLOT_BYTES + (isInBoth ? 0 : name.length) + valueBytes(fields[name], isInBoth ? shared[name] : undefined);
  }
  return bytes;
}

function valueBytes(value: Value | undefined, shared: Value | undefined): number {
  if (value === undefined || value === shared) return 0;
  const fields = mapFieldsOf(value);
  if (fields) return VALUE_BYTES + fieldsBytes(fields, (shared && mapFieldsOf(shared)) ?? NO_FIELDS);
  if (!Object.hasOwn(value, "arrayValue")) return VALUE_BYTES + valueSize(value);
  const others = shared ? elementsOf(shared) : [];
  return elementsOf(value).reduce((bytes, each, i) => bytes + SLOT_BYTES + valueBytes(each, others[i]), VALUE_BYTES);
}
