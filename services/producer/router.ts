import type { Result, Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { SmartRouter } from "hono/router/smart-router";
import { TrieRouter } from "hono/router/trie-router";

/**
 * Hono's own choice of routers, with what it finds for a path without parameters kept. Hono's fast router takes no path that
 * has a name where another has a parameter, as `/v1/tasks/batch` and `/v1/tasks/{id}` do, and the other one looks at every
 * middleware of every request.
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
