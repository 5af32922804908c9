/** What the address of a search says. */
export interface Query {
  readonly text: string;
  readonly type: string;
  readonly caller: string;
}

/** What somebody searches for, as far as its form tells. */
export type Wanted =
  | { readonly kind: "nothing" }
  | { readonly kind: "task"; readonly id: string }
  | { readonly kind: "beginning"; readonly text: string }
  | { readonly kind: "other"; readonly text: string };

const TASK_ID = /^[0-9a-f]{32}n?-[a-z][a-z0-9-]*$/;
/** A task's id at the end of an address, of the API or of the console. */
const TASK_ADDRESS = /\/tasks\/([0-9a-f]{32}n?-[a-z][a-z0-9-]*)(?:[/?#].*)?$/;
/** What lists show of an id, or a part of one that was cut off. */
const BEGINNING = /^[0-9a-f]{8,32}n?-?$/;

/** Reads what somebody typed or pasted. */
export function readWanted(text: string): Wanted {
  if (text === "") return { kind: "nothing" };
  if (TASK_ID.test(text)) return { kind: "task", id: text };
  const inAddress = TASK_ADDRESS.exec(text)?.[1];
  if (inAddress !== undefined) return { kind: "task", id: inAddress };
  return BEGINNING.test(text) ? { kind: "beginning", text } : { kind: "other", text };
}
