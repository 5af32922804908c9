import { BACKSLASH, QUOTE, endOfText } from "./json-characters.ts";

/** Whether the first of two quoted names certainly sorts before the second, by UTF-16 code units. */
export function isNameBefore(text: string, first: number, second: number): boolean {
  for (let index = 1; ; index++) {
    const one = text.charCodeAt(first + index);
    const other = text.charCodeAt(second + index);
    if (one === BACKSLASH || other === BACKSLASH || other === QUOTE) return false;
    if (one === QUOTE) return true;
    if (one !== other) return one < other;
  }
}

/** Insertion sort is fastest for this few. */
const FEW = 16;

/**
 * Sorts fields by the UTF-16 code units of their names. False if two have the same name.
 *
 * @param fields an object's fields in a JSON text, as indexes into `froms`, which holds the position of each.
 */
export function sortByName(fields: number[], text: string, froms: readonly number[]): boolean {
  const isBefore = (one: number, other: number): boolean => isNameBefore(text, froms[one] ?? 0, froms[other] ?? 0);
  if (fields.length > FEW || fields.some((field) => hasEscape(text, froms[field] ?? 0))) {
    return sortDecoded(fields, text, froms);
  }
  for (let next = 1; next < fields.length; next++) {
    const field = fields[next] ?? 0;
    let place = next;
    for (; place > 0 && isBefore(field, fields[place - 1] ?? 0); place--) fields[place] = fields[place - 1] ?? 0;
    fields[place] = field;
    if (place > 0 && !isBefore(fields[place - 1] ?? 0, field)) return false;
  }
  return true;
}

function sortDecoded(fields: number[], text: string, froms: readonly number[]): boolean {
  const named = fields.map((field) => ({ field, name: nameAt(text, froms[field] ?? 0) }));
  named.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const [index, { field }] of named.entries()) fields[index] = field;
  return named.every(({ name }, index) => name !== named[index + 1]?.name);
}

function hasEscape(text: string, from: number): boolean {
  for (let at = from + 1; text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) return true;
  return false;
}

function nameAt(text: string, from: number): string {
  const quoted = text.slice(from, endOfText(text, from) + 1);
  return quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}
