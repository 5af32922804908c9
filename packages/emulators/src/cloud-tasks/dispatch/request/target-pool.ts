import type { HttpTarget } from "../../state/task.ts";

/** More different targets than this are not looked for. */
const MOST_TARGETS = 1000;

/**
 * Lets equal targets be one object.
 *
 * The tasks of a queue mostly go to one address with the same headers. Kept for each of a hundred thousand waiting
 * tasks, these would take more memory than all the rest.
 */
export class TargetPool {
  readonly #targets = new Map<string, HttpTarget>();

  /** The target that was given first among those that equal this one. */
  share(target: HttpTarget): HttpTarget {
    const key = JSON.stringify([target.url, target.method, target.headers, target.token]);
    const known = this.#targets.get(key);
    if (known) return known;
    if (this.#targets.size >= MOST_TARGETS) this.#targets.clear();
    this.#targets.set(key, target);
    return target;
  }
}
