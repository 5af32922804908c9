/** The parameters of a search's address. */
export interface Query {
  readonly text: string;
  readonly type: string;
  readonly caller: string;
}

/** What the person searches for, judging by the text's form. */
export type Wanted =
  | { readonly kind: "nothing" }
  | { readonly kind: "task"; readonly id: string }
  | { readonly kind: "beginning"; readonly text: string }
  | { readonly kind: "other"; readonly text: string };

const TASK_ID = /^[0-9a-f]{32}n?-[a-z][a-z0-9-]*$/;
/** A task's id at the end of an address of the API or the console. */
const TASK_ADDRESS = /\/tasks\/([0-9a-f]{32}n?-[a-z][a-z0-9-]*)(?:[/?#].*)?$/;
/** The start of an id, as lists show it or as it was cut off. */
const BEGINNING = /^[0-9a-f]{8,32}n?-?$/;

/** Reads the text that the person typed or pasted. */
export function readWanted(text: string): Wanted {
  if (text === "") return { kind: "nothing" };
  if (TASK_ID.test(text)) return { kind: "task", id: text };
  const inAddress = TASK_ADDRESS.exec(text)?.[1];
  if (inAddress !== undefined) return { kind: "task", id: inAddress };
  return BEGINNING.test(text) ? { kind: "beginning", text } : { kind: "other", text };
}
