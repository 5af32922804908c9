import { createRequire } from "node:module";
import path from "node:path";

interface Backoff {
  setTimeoutHandler(handler: (run: () => void, delayMs: number) => void): void;
}

const require = createRequire(import.meta.url);

/**
 * From now on, Google's client repeats what has failed at once, for as long as this process lives: it has a hook for that,
 * meant for tests. How often it repeats, and on which errors, stays as it is.
 */
export function hurryBackoff(): void {
  const file = path.join(path.dirname(require.resolve("@google-cloud/firestore")), "backoff.js");
  // oxlint-disable-next-line no-unsafe-type-assertion -- The package has no types for it.
  const { setTimeoutHandler } = require(file) as Backoff;
  setTimeoutHandler((run) => setTimeout(run, 0));
}
