import { expect, it } from "vitest";
import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { writesOf } from "../../../shared/records/writes.ts";
import { DECISIONS } from "../decisions.ts";
import { exploreModel } from "../explore/engine.ts";
import { type WrittenField, fieldsOf, forgetting } from "../explore/written-fields.ts";
import { hopModel } from "./hop-model.ts";

/** The kind whose attempts write before they run, and one whose attempts write when they have ended. */
const KINDS: readonly Idempotency[] = ["claim", "natural"];

/** Long enough to reach every transition and to expose a fault in what it writes. */
const SEEN_WITHIN = 4;
const FOUND_WITHIN = 5;

/** Transitions that only this model makes. Of the others, it sees what they write into the outbox, and of hops. */
const ITS_OWN: ReadonlySet<string> = new Set(["snooze", "hop", "renew", "refuseEntry", "replay"]);
const ITS_FIELDS: ReadonlySet<string> = new Set(["hop", "hopAt", "notBefore", "snoozes", "children"]);

type Written = WrittenField & { readonly kind: Idempotency };

/** Whether a field is this model's to check. */
function isOurs({ transition, document, field }: WrittenField): boolean {
  return ITS_OWN.has(transition) || document === "entries" || document === "dropped" || ITS_FIELDS.has(field);
}

/** Every such field that the interpreter changes in the model's sequences. */
function everyField(): readonly Written[] {
  const seen = new Map<string, Written>();
  for (const kind of KINDS) {
    const watched: typeof writesOf = (transition, task, on) => {
      const writes = writesOf(transition, task, on);
      for (const one of fieldsOf(transition.kind, writes, on.before).filter(isOurs)) {
        const key = Object.values(one).join(" ");
        if (!seen.has(key)) seen.set(key, { ...one, kind });
      }
      return writes;
    };
    exploreModel(hopModel(kind, { decisions: { ...DECISIONS, writesOf: watched } }), SEEN_WITHIN);
  }
  return [...seen.values()];
}

/** The promise that is broken, or the error that a decision throws. */
function findFault(kind: Idempotency, faulty: typeof writesOf): unknown {
  try {
    const decisions = { ...DECISIONS, writesOf: faulty };
    return exploreModel(hopModel(kind, { decisions }), FOUND_WITHIN).broken?.promise;
  } catch (error) {
    return error;
  }
}

const FIELDS = everyField();

it("reaches every transition of hops, and entries that come and go", () => {
  const kinds = new Set(FIELDS.map(({ transition }) => transition));
  expect([...ITS_OWN].filter((transition) => !kinds.has(transition))).toEqual([]);
  expect(new Set(FIELDS.map(({ document }) => document))).toEqual(new Set(["record", "letter", "entries", "dropped"]));
  expect(FIELDS.length).toBeGreaterThan(100);
});

it.for(FIELDS)("catches an interpreter whose $transition forgets $field ($document, $mode)", (written) => {
  expect(findFault(written.kind, forgetting(written, writesOf)) ?? null).not.toBeNull();
});
