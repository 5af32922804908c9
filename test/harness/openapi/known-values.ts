import type { ApiResponse } from "./responses.ts";

const PARAMETER = /\{\w+\}/g;
const UNKNOWN = ["none", "%2F", "a%20b", "%C3%A9", "%F0%9F%98%80", "x".repeat(200)];

/** The values of path parameters that a service has returned, in links and in the Location header. */
export class KnownValues {
  /** By the path before the parameter. */
  readonly #values = new Map<string, string[]>();
  readonly #starts: readonly string[];

  constructor(paths: readonly string[]) {
    this.#starts = paths.flatMap((path) => (path.includes("{") ? [path.slice(0, path.indexOf("{"))] : []));
  }

  /** Fills a path's parameter, most of the time with a known value. */
  fill(path: string, place: number): string {
    const values = this.#values.get(path.slice(0, Math.max(0, path.indexOf("{")))) ?? [];
    const unknown = place % 5 === 0 || values.length === 0;
    const from = unknown ? UNKNOWN : values;
    return path.replaceAll(PARAMETER, from[Math.floor(place / 5) % from.length] ?? "none");
  }

  learn({ text, headers }: ApiResponse): void {
    const links = [...text.matchAll(/"(\/v1\/[^"?]+)"/g)].map(([, link]) => link ?? "");
    for (const link of [...links, headers.get("location") ?? ""]) {
      for (const start of this.#starts) {
        const [value = ""] = link.startsWith(start) ? link.slice(start.length).split("/") : [];
        const values = this.#values.get(start) ?? [];
        if (value !== "" && !values.includes(value)) this.#values.set(start, [...values, value]);
      }
    }
  }

  /** The cursor of the next page in a response. */
  cursorIn({ text }: ApiResponse): string | undefined {
    return /"nextCursor":"([^"]+)"/.exec(text)?.[1];
  }
}
