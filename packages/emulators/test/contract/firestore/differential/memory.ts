import { type Json, type JsonObject, asObject, isArray, mapJson, membersOf } from "./json.ts";
import { type WireTime, later, microsOf, timeOf } from "./wire-time.ts";

/** A time, a transaction and a token that no emulator has returned, for a case that refers to something it doesn't have. */
const SOME_TIME: WireTime = { seconds: "1", nanos: 0 };
const NO_TRANSACTION = Buffer.from("none").toString("base64");

/** Later than all times in a case itself, and earlier than all server times, in seconds since 1970. */
const LAST_GIVEN_SECOND = 1_700_000_000;

/** Members with the times of writes. */
const TIMES_OF_WRITES: ReadonlySet<string> = new Set(["createTime", "updateTime", "commitTime"]);

/** What one emulator has returned during a case, so that later operations can refer to it. */
export class Memory {
  /** For each operation that was to begin one. */
  readonly #transactions: string[] = [];
  /** When each operation wrote, if it did. */
  readonly #times: (WireTime | null)[] = [];
  /** Which operation first showed a time. */
  readonly #operationOf = new Map<bigint, number>();
  #page = "";

  /** Replaces texts in angle brackets with what this emulator has returned; see `Operation`. */
  resolve(json: Json): Json {
    if (typeof json !== "string") return mapJson(json, (inner) => this.resolve(inner));
    const [, what, index = "0", offset = "0"] = /^<(\w+)(?: (\d+))?(?: ([+-]\d+))?>$/.exec(json) ?? [];
    switch (what) {
      case "transaction":
        return this.#transactions[Number(index)] ?? NO_TRANSACTION;
      case "time":
        return later(this.#times[Number(index)] ?? SOME_TIME, Number(offset));
      case "page":
        return this.#page;
      default:
        return json;
    }
  }

  /** Remembers the replies of the next operation. `begins` says whether it was to begin a transaction. */
  remember(replies: readonly JsonObject[], begins: boolean): void {
    const shown = replies.flatMap((reply) => [...membersOf(reply)]);
    const textOf = (name: string): string | undefined =>
      shown.flatMap(([key, value]) => (key === name && typeof value === "string" && value !== "" ? value : []))[0];
    if (begins) this.#transactions.push(textOf("transaction") ?? NO_TRANSACTION);
    this.#page = textOf("nextPageToken") ?? "";
    this.#rememberTimes(shown.flatMap(([name, value]) => (TIMES_OF_WRITES.has(name) ? (timeOf(value) ?? []) : [])));
  }

  /**
   * A reply without what is specific to this emulator: times of writes become the operation that made them, tokens become
   * names, and default values are left out.
   */
  normalise(json: Json, name = ""): Json {
    if (TIMES_OF_WRITES.has(name)) return this.#nameOf(json);
    switch (name) {
      case "timestampValue":
        return timestampValue(json);
      case "geoPointValue":
        return { latitude: 0, longitude: 0, ...asObject(json) };
      case "status":
        return isArray(json) ? json.map((status) => asObject(status)["code"] ?? 0) : json;
      case "transaction":
      case "nextPageToken":
        return `<${name}>`;
      default:
        return this.#normaliseMembers(json);
    }
  }

  #normaliseMembers(json: Json): Json {
    if (json === null || typeof json !== "object") return json;
    if (isArray(json)) return json.map((item) => this.normalise(item));
    const kept = Object.entries(json).filter(([name, value]) => isCompared(name, value));
    const sorted = kept.toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([name, value]) => [name, this.normalise(value, name)]));
  }

  #nameOf(json: Json): Json {
    const time = timeOf(json);
    return time ? `<time ${this.#operationOf.get(microsOf(time)) ?? "of nothing seen"}>` : json;
  }

  #rememberTimes(times: readonly WireTime[]): void {
    const operation = this.#times.length;
    const written = times.filter((time) => !this.#operationOf.has(microsOf(time)));
    for (const time of written) this.#operationOf.set(microsOf(time), operation);
    this.#times.push(written.toSorted((a, b) => Number(microsOf(a) - microsOf(b))).at(-1) ?? null);
  }
}

/** A server time becomes its precision. */
function timestampValue(json: Json): Json {
  const time = timeOf(json);
  if (!time) return json;
  if (Number(time.seconds) <= LAST_GIVEN_SECOND || Number(time.seconds) > 2 * LAST_GIVEN_SECOND) return { ...time };
  return time.nanos % 1_000_000 === 0 ? "<now, in milliseconds>" : "<now, finer>";
}

/** Read times differ, and the end of a query shows that it is done. The rest are defaults. */
function isCompared(name: string, value: Json): boolean {
  switch (name) {
    case "readTime":
      return timeOf(value) === null;
    case "done":
      return value !== true;
    case "nextPageToken":
      return value !== "";
    case "skippedResults":
      return value !== 0;
    default:
      return true;
  }
}
