import type { Result, Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { SmartRouter } from "hono/router/smart-router";
import { TrieRouter } from "hono/router/trie-router";

/**
 * Hono's own combination of routers, plus a cache of the matches for paths without parameters. Hono's fast router
 * supports no path with a fixed segment where another has a parameter, as in `/v1/tasks/batch` and `/v1/tasks/{id}`,
 * and the other router checks every middleware on every request.
 */
export class ProducerRouter<Handler> implements Router<Handler> {
  readonly name = "ProducerRouter";
  readonly #router = new SmartRouter<Handler>({ routers: [new RegExpRouter(), new TrieRouter()] });
  /** Paths without parameters. There are few of them, and few methods. */
  readonly #fixed = new Set<string>();
  readonly #found = new Map<string, Result<Handler>>();

  add(method: string, path: string, handler: Handler): void {
    this.#router.add(method, path, handler);
    if (!/[:*]/.test(path)) this.#fixed.add(path);
  }

  match(method: string, path: string): Result<Handler> {
    if (!this.#fixed.has(path)) return this.#router.match(method, path);
    const key = `${method} ${path}`;
    const found = this.#found.get(key) ?? this.#router.match(method, path);
    this.#found.set(key, found);
    return found;
  }
}
