import { createInterface } from "node:readline/promises";
import { UsageError } from "./exit.ts";
import { type Surroundings, canAsk } from "./surroundings.ts";

/** Asks a question and returns what the person types; undefined if they end the input instead. */
export async function ask(question: string, { stdin, stderr, signal }: Surroundings): Promise<string | undefined> {
  const lines = createInterface({ input: stdin, output: stderr, terminal: false });
  const ended = new Promise<undefined>((resolve) => void lines.once("close", () => resolve(undefined)));
  try {
    return await Promise.race([lines.question(question, { signal }), ended]);
  } finally {
    lines.close();
  }
}

/**
 * Asks for confirmation of something that can't be undone.
 *
 * @param expected the text that confirms; default: yes.
 * @returns whether the person confirmed. With --yes, it returns true without asking.
 * @throws UsageError if there is nobody to ask.
 */
export async function confirm(
  action: { readonly question: string; readonly yes: boolean | undefined; readonly expected?: string },
  surroundings: Surroundings,
): Promise<boolean> {
  if (action.yes === true) return true;
  if (!canAsk(surroundings)) throw new UsageError("There is no terminal to ask on. Add --yes if you are sure.");
  const typed = (await ask(`${action.question} `, surroundings))?.trim() ?? "";
  if (action.expected !== undefined) return typed === action.expected;
  return ["y", "yes"].includes(typed.toLowerCase());
}
