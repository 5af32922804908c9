import { expect, it } from "vitest";
import type { Change } from "../../../src/firestore/store/document-store.ts";
import { OptimisticControl } from "../../../src/firestore/transactions/optimistic-control.ts";
import type { CompiledQuery } from "../../../src/firestore/query/query.ts";
import type { Ending } from "../../../src/firestore/transactions/transaction.ts";
import { VirtualClock } from "../../../src/kernel/virtual-clock.ts";

const CHANGE: Change = { name: "c/a", before: null, after: null };

function setup() {
  const control = new OptimisticControl(new VirtualClock());
  let asked = 0;
  const query: CompiledQuery = {
    collection: null,
    inScope() {
      asked += 1;
      return false;
    },
    matches: () => false,
    run: () => ({ documents: [], scanned: 0 }),
    searchesVectors: false,
    plan: () => [],
    compare: () => 0,
    project: (document) => document,
  };
  const commitChange = () =>
    control.commit({
      transaction: null,
      names: new Set([CHANGE.name]),
      apply: (clearTheWay) => (clearTheWay([CHANGE]) ? { value: "applied" } : null),
    });
  return { control, query, commitChange, timesAsked: () => asked };
}

it.each<Ending>(["finished", "expired", "wounded"])(
  "checks commits against what a transaction has read only until it is %s",
  async (ending) => {
    const { control, query, commitChange, timesAsked } = setup();
    const transaction = control.transactions.begin({ kind: "read-write" });
    await control.read(transaction, {
      readSet: { kind: "query", query },
      hasChangedSince: () => false,
      load: () => null,
    });
    expect(await commitChange()).toBe("applied");
    expect(timesAsked()).toBe(1);

    control.end(transaction, ending);
    expect(await commitChange()).toBe("applied");
    expect(timesAsked()).toBe(1);
  },
);
