import { camelCasePath } from "./field-path.ts";
import { type FilterField, filterFields } from "./queue-filter-fields.ts";
import type { Queue } from "../state/queue.ts";
import { invalidArgument } from "./service-errors.ts";

/** Whether a queue is to be listed. */
export type QueueFilter = (queue: Queue) => boolean;

/**
 * Parses the filter of ListQueues: comparisons of fields (`= != < <= > >= :`) joined by AND, OR, NOT and parentheses,
 * for example `state: PAUSED AND rateLimits.maxDispatchesPerSecond >= 10`
 * (https://cloud.google.com/logging/docs/view/logging-query-language). AND may be left out.
 *
 * @throws RpcError INVALID_ARGUMENT when it can't be parsed, or names a field that queues don't have.
 */
export function parseQueueFilter(filter: string): QueueFilter {
  if (filter.trim() === "") return () => true;
  const parser = new FilterParser(tokenize(filter));
  const parsed = parser.anyOf();
  parser.expectEnd();
  return parsed;
}

interface Token {
  readonly kind: "word" | "text" | "operator" | "bracket";
  readonly value: string;
}

const TOKEN = /\s*(?:(?<operator>[<>!]=|[<>=:])|(?<bracket>[()])|"(?<text>(?:[^"\\]|\\.)*)"|(?<word>[^\s()<>=!:"]+))/y;

/** Deeper filters are refused, since parsing them could exhaust the stack. */
const MOST_DEPTH = 50;

function tokenize(filter: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = filter.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const groups = TOKEN.exec(filter)?.groups;
    if (!groups) throw unreadable(`character ${from + 1} is unexpected`);
    const { operator, bracket, text, word } = groups;
    if (operator !== undefined) tokens.push({ kind: "operator", value: operator });
    else if (bracket !== undefined) tokens.push({ kind: "bracket", value: bracket });
    else if (text !== undefined) tokens.push({ kind: "text", value: text.replaceAll(/\\(.)/g, "$1") });
    else tokens.push({ kind: "word", value: word ?? "" });
  }
  return tokens;
}

class FilterParser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  anyOf(): QueueFilter {
    if (++this.#depth > MOST_DEPTH) throw unreadable("it is nested too deeply");
    const alternatives = [this.#allOf()];
    while (this.#skip("word", "OR")) alternatives.push(this.#allOf());
    this.#depth -= 1;
    return (queue) => alternatives.some((matches) => matches(queue));
  }

  expectEnd(): void {
    const token = this.#tokens[this.#position];
    if (token) throw unreadable(`"${token.value}" is unexpected`);
  }

  #allOf(): QueueFilter {
    const conditions = [this.#condition()];
    for (let next = this.#peek(); next && !isEndOfAnd(next); next = this.#peek()) {
      this.#skip("word", "AND");
      conditions.push(this.#condition());
    }
    return (queue) => conditions.every((matches) => matches(queue));
  }

  #condition(): QueueFilter {
    let negated = false;
    while (this.#skip("word", "NOT")) negated = !negated;
    const matches = this.#skip("bracket", "(") ? this.#group() : this.#comparison();
    return negated ? (queue) => !matches(queue) : matches;
  }

  #group(): QueueFilter {
    const matches = this.anyOf();
    if (!this.#skip("bracket", ")")) throw unreadable("a bracket is not closed");
    return matches;
  }

  #comparison(): QueueFilter {
    const path = this.#take("word", "a field");
    const field = filterFields.get(camelCasePath(path));
    if (!field) throw unreadable(`queues have no field "${path}"`);
    const operator = this.#take("operator", "an operator");
    const value = this.#skipValue();
    return compare(field, operator, value);
  }

  #skipValue(): string {
    let value = this.#peek();
    if (value?.kind !== "word" && value?.kind !== "text") throw unreadable("a value is missing");
    this.#position += 1;
    // In a time such as 2026-01-01T00:00:00Z the colons are not operators.
    let text = value.value;
    while (value.kind === "word" && this.#peek()?.value === ":" && /\d$/.test(text)) {
      this.#position += 1;
      value = this.#peek();
      if (value?.kind !== "word") throw unreadable("a time is incomplete");
      this.#position += 1;
      text += `:${value.value}`;
    }
    return text;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#position];
  }

  #take(kind: Token["kind"], what: string): string {
    const token = this.#peek();
    if (token?.kind !== kind) throw unreadable(`${what} is missing`);
    this.#position += 1;
    return token.value;
  }

  #skip(kind: Token["kind"], value: string): boolean {
    const token = this.#peek();
    if (token?.kind !== kind || token.value !== value) return false;
    this.#position += 1;
    return true;
  }
}

const isEndOfAnd = (token: Token): boolean => token.value === ")" || (token.kind === "word" && token.value === "OR");

function compare(field: FilterField, operator: string, value: string): QueueFilter {
  const wanted = field.parse(value);
  if (wanted === undefined) throw unreadable(`"${value}" is not a value of that field`);
  return (queue) => {
    const actual = field.read(queue);
    // A field that is not set differs from every value and is neither less nor greater.
    if (actual === undefined) return operator === "!=";
    return compareValues(actual, operator, wanted);
  };
}

function compareValues(actual: string | number, operator: string, wanted: string | number): boolean {
  switch (operator) {
    case "=":
      return actual === wanted;
    case "!=":
      return actual !== wanted;
    case "<":
      return actual < wanted;
    case "<=":
      return actual <= wanted;
    case ">":
      return actual > wanted;
    case ">=":
      return actual >= wanted;
    default:
      return typeof actual === "string" ? actual.includes(String(wanted)) : actual === wanted;
  }
}

const unreadable = (problem: string) => invalidArgument(`The filter can't be parsed: ${problem}.`);
