import { expect, it } from "vitest";
import type { Idempotency } from "../../shared/contract/task-type.ts";
import { writesOf } from "../../shared/records/writes.ts";
import { DECISIONS } from "./decisions.ts";
import { explore } from "./explore/explore.ts";
import { type WrittenField, fieldsOf, forgetting } from "./explore/written-fields.ts";

const KINDS: readonly Idempotency[] = ["claim", "transaction", "natural"];

/** Long enough to reach every transition and to expose a fault in what it writes. */
const SEEN_WITHIN = 3;
const FOUND_WITHIN = 5;

type Written = WrittenField & { readonly kind: Idempotency };

/** Every field that the interpreter changes in the model's sequences. Rewriting an existing value doesn't count. */
function everyField(): readonly Written[] {
  const seen = new Map<string, Written>();
  for (const kind of KINDS) {
    const watched: typeof writesOf = (transition, task, on) => {
      const writes = writesOf(transition, task, on);
      // What becomes of entries is up to the model of hops.
      const ours = fieldsOf(transition.kind, writes, on.before).filter(({ document }) => document !== "dropped");
      for (const one of ours) seen.set(Object.values(one).join(" "), { ...one, kind });
      return writes;
    };
    explore(kind, { length: SEEN_WITHIN, decisions: { ...DECISIONS, writesOf: watched } });
  }
  return [...seen.values()];
}

/** The promise that is broken, or the error that a decision throws. */
function findFault(kind: Idempotency, faulty: typeof writesOf): unknown {
  try {
    return explore(kind, { length: FOUND_WITHIN, decisions: { ...DECISIONS, writesOf: faulty } }).broken?.promise;
  } catch (error) {
    return error;
  }
}

const FIELDS = everyField();

it("reaches every transition", () => {
  const kinds = new Set(FIELDS.map(({ transition }) => transition));
  expect([...kinds].toSorted()).toEqual([
    "cancel",
    "claim",
    "complete",
    "deadLetter",
    "keepConflict",
    "requestCancel",
    "retry",
  ]);
  expect(FIELDS.length).toBeGreaterThan(100);
});

it.for(FIELDS)("catches an interpreter whose $transition forgets $field ($document, $mode)", (written) => {
  expect(findFault(written.kind, forgetting(written, writesOf))).toBeDefined();
});
