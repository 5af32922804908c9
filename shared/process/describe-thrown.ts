import type { Json } from "../contract/any-json.ts";
import { classOf, isError, propertyOf, textOf } from "./thrown.ts";
import { framesOf } from "../runtime/error-fields.ts";
import { redactQuotes } from "../json/quotes.ts";

/** A message can be as long as the payload that it quotes. The attempt log keeps less than this, in characters. */
const MAX_READ_LENGTH = 2_000;
/** The last characters of a cut text may be the start of a value that isn't recognised as a quote. */
const UNCERTAIN = 12;
/** An error can be its own cause. */
const MAX_CAUSES = 3;

/** A description of a thrown value that may be stored. */
export interface Thrown {
  readonly message: string;
  readonly stack: string;
}

/**
 * Describes a thrown value for storage: its class, message, causes and stack. An error may quote the payload, and not
 * everybody who may read a task may read payloads, so quotes are removed.
 */
export function describeThrown(thrown: unknown, payload: Json): Thrown {
  const message = describe(thrown, MAX_CAUSES);
  const stack = framesOf(propertyOf(thrown, "stack")).map((frame) => frame.trim());
  return { message: kept(message, payload), stack: kept(stack.join("\n"), payload) };
}

function describe(thrown: unknown, causes: number): string {
  const text = `${classOf(thrown)}: ${textOf(thrown)}`;
  const cause = isError(thrown) && causes > 0 ? propertyOf(thrown, "cause") : undefined;
  return cause === undefined ? text : `${text.slice(0, MAX_READ_LENGTH)} (cause: ${describe(cause, causes - 1)})`;
}

function kept(text: string, payload: Json): string {
  if (text.length <= MAX_READ_LENGTH) return redactQuotes(text, payload);
  return redactQuotes(text.slice(0, MAX_READ_LENGTH), payload).slice(0, -UNCERTAIN);
}
