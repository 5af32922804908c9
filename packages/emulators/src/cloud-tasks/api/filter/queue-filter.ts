import type protobuf from "protobufjs/light.js";
import type { Queue } from "../../state/queue.ts";
import { queueToWire } from "../../wire/queue-wire.ts";
import { invalidArgument } from "../service-errors.ts";
import { comparison, filterField, isPresent } from "./filter-field.ts";

/** Whether a queue is to be listed. */
export type QueueFilter = (queue: Queue) => boolean;

/** Whether a message, here a queue in a reply's form, is what a filter asks for. */
type Condition = (message: object) => boolean;

/**
 * Parses the filter of ListQueues: comparisons of fields (`= != < <= > >= :`) joined by AND, OR, NOT and parentheses, for
 * example `state: PAUSED AND rateLimits.maxDispatchesPerSecond >= 10` (https://google.aip.dev/160). AND may be left out,
 * and binds looser than OR.
 *
 * @param type google.cloud.tasks.v2.Queue, whose fields a filter can name.
 * @throws RpcError INVALID_ARGUMENT when it can't be parsed, names a field that queues don't have, or compares a field
 * with what it can't be.
 */
export function parseQueueFilter(filter: string, type: protobuf.Type): QueueFilter {
  if (filter.trim() === "") return () => true;
  const parser = new FilterParser(tokenize(filter), type);
  const parsed = parser.allOf();
  parser.expectEnd();
  return (queue) => parsed(queueToWire(queue));
}

interface Token {
  readonly kind: "word" | "text" | "operator" | "bracket" | "minus";
  readonly value: string;
}

const TOKEN = /\s*(?:(?<operator>[<>!]=|[<>=:])|(?<bracket>[()])|"(?<text>(?:[^"\\]|\\.)*)"|(?<word>[^\s()<>=!:"]+))/y;

/** Deeper filters are refused, since parsing them could exhaust the stack. */
const MAX_DEPTH = 50;

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
    else tokens.push(...wordTokens(word ?? "", tokens.at(-1)));
  }
  return tokens;
}

/** A minus before a field's name, or before a group, negates it. After an operator it is part of a value. */
function wordTokens(word: string, previous: Token | undefined): Token[] {
  if (!word.startsWith("-") || previous?.kind === "operator") return [{ kind: "word", value: word }];
  const name = word.slice(1);
  return [{ kind: "minus", value: "-" }, ...(name === "" ? [] : [{ kind: "word" as const, value: name }])];
}

class FilterParser {
  readonly #tokens: readonly Token[];
  readonly #type: protobuf.Type;
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], type: protobuf.Type) {
    this.#tokens = tokens;
    this.#type = type;
  }

  allOf(): Condition {
    if (++this.#depth > MAX_DEPTH) throw unreadable("it is nested too deeply");
    const conditions = [this.#anyOf()];
    for (let next = this.#peek(); next && next.value !== ")"; next = this.#peek()) {
      this.#skip("word", "AND");
      conditions.push(this.#anyOf());
    }
    this.#depth -= 1;
    return (message) => conditions.every((matches) => matches(message));
  }

  expectEnd(): void {
    const token = this.#tokens[this.#position];
    if (token) throw unreadable(`"${token.value}" is unexpected`);
  }

  #anyOf(): Condition {
    const alternatives = [this.#term()];
    while (this.#skip("word", "OR")) alternatives.push(this.#term());
    return (message) => alternatives.some((matches) => matches(message));
  }

  #term(): Condition {
    let negated = false;
    while (this.#skip("word", "NOT") || this.#skip("minus", "-")) negated = !negated;
    const matches = this.#skip("bracket", "(") ? this.#group() : this.#comparison();
    return negated ? (message) => !matches(message) : matches;
  }

  #group(): Condition {
    const matches = this.allOf();
    if (!this.#skip("bracket", ")")) throw unreadable("a bracket is not closed");
    return matches;
  }

  #comparison(): Condition {
    const field = filterField(this.#take("word", "a field"), this.#type);
    const operator = this.#take("operator", "an operator");
    const isQuoted = this.#peek()?.kind === "text";
    const value = this.#skipValue();
    if (operator === ":" && value === "*" && !isQuoted) return (message) => isPresent(field, message);
    return comparison(field, operator, value);
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

const unreadable = (problem: string) => invalidArgument(`The filter can't be parsed: ${problem}.`);
