import { expect, it } from "vitest";
import type { Idempotency } from "../../shared/contract/task-type.ts";
import { type Fields, type Transition, type Writes, writesOf } from "../../shared/records/transition.ts";
import { DECISIONS } from "./decisions.ts";
import { explore } from "./explore/explore.ts";

const KINDS: readonly Idempotency[] = ["claim", "transaction", "natural"];

/** Long enough to reach every transition and to expose a fault in what it writes. */
const SEEN_WITHIN = 3;
const FOUND_WITHIN = 5;

/** One field of one document that a transition writes, and a kind of task that it writes it for. */
interface Written {
  readonly transition: Transition["kind"];
  readonly document: keyof Writes;
  readonly mode: string;
  readonly field: string;
  readonly kind: Idempotency;
}

/** Every field that the interpreter changes in the model's sequences. Rewriting an existing value doesn't count. */
function everyField(): readonly Written[] {
  const seen = new Map<string, Written>();
  for (const kind of KINDS) {
    const watched: typeof writesOf = (transition, task, on) => {
      const writes = writesOf(transition, task, on);
      for (const one of fieldsOf(transition, writes, on.before))
        seen.set(Object.values(one).join(" "), { ...one, kind });
      return writes;
    };
    explore(kind, { length: SEEN_WITHIN, decisions: { ...DECISIONS, writesOf: watched } });
  }
  return [...seen.values()];
}

function fieldsOf({ kind: transition }: Transition, { record, letter }: Writes, before: Fields | null) {
  const standing = record?.kind === "update" ? before : null;
  const changed = Object.entries(record?.fields ?? {}).filter(([field, value]) => standing?.[field] !== value);
  return [
    ...changed.map(([field]) => ({ transition, document: "record" as const, mode: record?.kind ?? "", field })),
    ...Object.keys(letter?.fields ?? {}).map((field) => ({
      transition,
      document: "letter" as const,
      mode: "set",
      field,
    })),
  ];
}

/** The interpreter, except that it forgets one field. */
function forgetting({ transition: kind, document, mode, field }: Written): typeof writesOf {
  return (transition, task, on) => {
    const writes = writesOf(transition, task, on);
    const target = writes[document];
    if (transition.kind !== kind || !target || (document === "record" && writes.record?.kind !== mode)) return writes;
    const kept = Object.entries(target.fields).filter(([name]) => name !== field);
    return { ...writes, [document]: { ...target, fields: Object.fromEntries(kept) } };
  };
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
  expect([...kinds].toSorted()).toEqual(["cancel", "claim", "complete", "deadLetter", "keepConflict", "retry"]);
  expect(FIELDS.length).toBeGreaterThan(100);
});

it.for(FIELDS)("catches an interpreter whose $transition forgets $field ($document, $mode)", (written) => {
  expect(findFault(written.kind, forgetting(written))).toBeDefined();
});
