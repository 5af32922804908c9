import { expect, it } from "vitest";
import { PROMISES, explore } from "./explore/explore.ts";
import { WRONG_DECISIONS } from "./explore/wrong-decisions.ts";

/** No wrong decision takes more steps to be found out. */
const LENGTH = 5;

it.for(PROMISES.map((promise) => ({ promise, ...WRONG_DECISIONS[promise] })))(
  "finds that it is no longer so that $promise, when the worker $fault",
  ({ promise, kind, decisions }) => {
    const { broken } = explore(kind, { length: LENGTH, decisions, promises: [promise] });

    expect(broken?.promise).toBe(promise);
  },
);
