import type { HttpTarget } from "../../state/task.ts";

/** The pool is emptied when it has more. */
const MOST_TARGETS = 1000;

/**
 * Makes equal targets one object.
 *
 * Most tasks of a queue go to one address with the same headers. A copy for each of a hundred thousand waiting tasks
 * would take more memory than everything else.
 */
export class TargetPool {
  readonly #targets = new Map<string, HttpTarget>();

  /** The first of the targets that equal this one. */
  share(target: HttpTarget): HttpTarget {
    const key = JSON.stringify([target.url, target.method, target.headers, target.token]);
    const known = this.#targets.get(key);
    if (known) return known;
    if (this.#targets.size >= MOST_TARGETS) this.#targets.clear();
    this.#targets.set(key, target);
    return target;
  }
}
