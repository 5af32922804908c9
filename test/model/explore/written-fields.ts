import type { Fields, Writes, writesOf } from "../../../shared/records/writes.ts";

/** One field of one document that a transition writes, or an entry that it deletes. */
export interface WrittenField {
  readonly transition: string;
  readonly document: keyof Writes;
  readonly mode: string;
  readonly field: string;
}

/** Every field that a transition's writes change. Rewriting an existing value doesn't count. */
export function fieldsOf(
  transition: string,
  { record, letter, entries = [], dropped = [] }: Writes,
  before: Fields | null,
): readonly WrittenField[] {
  const standing = record?.kind === "update" ? before : null;
  const changed = Object.entries(record?.fields ?? {}).filter(([field, value]) => standing?.[field] !== value);
  const one = (document: keyof Writes, mode: string) => (field: string) => ({ transition, document, mode, field });
  return [
    ...changed.map(([field]) => one("record", record?.kind ?? "")(field)),
    ...Object.keys(letter?.fields ?? {}).map(one("letter", letter?.kind ?? "")),
    ...entries.flatMap(({ fields }) => Object.keys(fields).map(one("entries", "set"))),
    ...dropped.map(() => one("dropped", "delete")("id")),
  ];
}

/** An interpreter, except that it forgets one field, or to delete an entry. */
export function forgetting(
  { transition: kind, document, mode, field }: WrittenField,
  interpret: typeof writesOf,
): typeof writesOf {
  return (transition, task, on) => {
    const { dropped, ...writes } = interpret(transition, task, on);
    const all = dropped ? { ...writes, dropped } : writes;
    if (transition.kind !== kind) return all;
    const { record, letter, entries } = writes;
    switch (document) {
      case "record":
        return record?.kind === mode ? { ...all, record: { ...record, fields: without(record.fields, field) } } : all;
      case "letter":
        return letter ? { ...all, letter: { ...letter, fields: without(letter.fields, field) } } : all;
      case "entries":
        return entries
          ? { ...all, entries: entries.map((entry) => ({ ...entry, fields: without(entry.fields, field) })) }
          : all;
      case "dropped":
        return writes;
      default:
        return document satisfies never;
    }
  };
}

function without(fields: Fields, field: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== field));
}
