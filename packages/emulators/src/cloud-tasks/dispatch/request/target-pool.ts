import { isDeepStrictEqual } from "node:util";
import type { HttpTarget } from "../../state/task.ts";

/** The pool is emptied when it has more. */
const MAX_TARGETS = 1000;

/**
 * Makes equal targets one object.
 *
 * Most tasks of a queue go to one address with the same headers. A copy for each of a hundred thousand waiting tasks
 * would take more memory than everything else.
 */
export class TargetPool {
  readonly #targets = new Map<string, HttpTarget>();
  /** Most tasks in a row have the same target, and comparing it takes less time than making a key. */
  #last: HttpTarget | undefined;

  /** The first of the targets that equal this one. */
  share(target: HttpTarget): HttpTarget {
    if (this.#last && isEqual(target, this.#last)) return this.#last;
    this.#last = this.#find(target);
    return this.#last;
  }

  #find(target: HttpTarget): HttpTarget {
    const key = JSON.stringify([target.url, target.method, target.headers, target.token]);
    const known = this.#targets.get(key);
    if (known) return known;
    if (this.#targets.size >= MAX_TARGETS) this.#targets.clear();
    this.#targets.set(key, target);
    return target;
  }
}

function isEqual(a: HttpTarget, b: HttpTarget): boolean {
  if (a.url !== b.url || a.method !== b.method || a.headers.length !== b.headers.length) return false;
  for (const [index, [name, value]] of a.headers.entries()) {
    const other = b.headers[index];
    if (name !== other?.[0] || value !== other[1]) return false;
  }
  return isDeepStrictEqual(a.token, b.token);
}
