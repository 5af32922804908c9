import type { Envelope } from "../../../shared/contract/envelope.ts";
import { publishDocument } from "../../../shared/tasks/document-publish.ts";
import { transferBetweenAccounts } from "../../../shared/tasks/ledger-transfer.ts";
import { type Workers, seal, sealWebhook } from "./workers.ts";

/** A task that fails until it is mended. */
export interface FailingTask {
  readonly task: Envelope;
  /** How many attempts its type allows. */
  readonly attempts: number;
  /** How a failed attempt is answered. */
  readonly failure: string;
  /** Makes sure that the next attempt fails. */
  readonly spoil: () => Promise<void>;
  /** From now on attempts succeed. */
  readonly mend: () => Promise<void>;
  /** How often it took effect. */
  readonly effects: () => Promise<number>;
}

/** Makes a failing task of each kind. */
export const FAILING_TASKS = {
  claim: failingWebhook,
  transaction: failingTransfer,
  natural: failingPublication,
} as const satisfies Record<string, (workers: Workers) => FailingTask>;

export type Kind = keyof typeof FAILING_TASKS;

/** Its subscriber is down. */
function failingWebhook({ subscribe }: Workers): FailingTask {
  const subscriber = subscribe(503);
  return {
    task: sealWebhook(subscriber.url),
    attempts: 15,
    failure: "424 retry",
    spoil: async () => subscriber.reactWith(503),
    mend: async () => subscriber.reactWith(204),
    effects: async () => subscriber.accepted.length,
  };
}

/** The handler can't read its accounts. */
function failingTransfer({ db }: Workers): FailingTask {
  const task = seal(transferBetweenAccounts, { from: name("payer"), to: name("payee"), amount: 1 });
  const { from, to } = transferBetweenAccounts.payload.parse(task.payload);
  const setBalances = async (balance: unknown): Promise<void> => {
    for (const account of [from, to]) await db.doc(`accounts/${account}`).set({ balance });
  };
  return {
    task,
    attempts: 10,
    failure: "500 failed",
    spoil: () => setBalances("a hundred"),
    mend: () => setBalances(100),
    effects: async () => (await db.doc(`accounts/${to}`).get()).get("balance") - 100,
  };
}

/** Firestore refuses the first commit of a delivery, which is the handler's. */
function failingPublication({ db, emulator }: Workers): FailingTask {
  const documentId = name("document");
  const task = seal(publishDocument, { documentId, version: 1, content: "text" });
  return {
    task,
    attempts: 10,
    failure: "500 failed",
    spoil: async () =>
      void emulator.inject({ kind: "call", method: "Commit", code: "INVALID_ARGUMENT", when: "before", times: 1 }),
    mend: async () => undefined,
    effects: async () => ((await db.doc(`documents/${documentId}`).get()).exists ? 1 : 0),
  };
}

let names = 0;
const name = (of: string): string => `${of}-${++names}`;
