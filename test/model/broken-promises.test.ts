import { expect, it } from "vitest";
import { PROMISES, explore } from "./explore/explore.ts";
import { WRONG_DECISIONS } from "./explore/wrong-decisions.ts";

/** No wrong decision needs more steps to be caught. */
const LENGTH = 5;

it.for(PROMISES.map((promise) => ({ promise, ...WRONG_DECISIONS[promise] })))(
  "catches a worker that $fault, because it breaks the promise: $promise",
  ({ promise, kind, decisions }) => {
    const { broken } = explore(kind, { length: LENGTH, decisions, promises: [promise] });

    expect(broken?.promise).toBe(promise);
  },
);
