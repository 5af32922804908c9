import type { DocumentSnapshot, Firestore } from "@google-cloud/firestore";
import * as z from "zod";
import { transferBetweenAccounts } from "../../../shared/tasks/ledger-transfer.ts";
import { bindTransactionHandler, failPermanently, succeeded } from "../runner/handler.ts";

const ACCOUNTS = "accounts";

const accountSchema = z.object({ balance: z.int(), overdraft: z.boolean().default(false) });

/**
 * Moves an amount between two accounts. One account loses what the other gains in a single commit, along with the
 * task's record.
 */
export function createTransferBetweenAccounts(deps: { db: Firestore }) {
  const accounts = deps.db.collection(ACCOUNTS);
  return bindTransactionHandler(transferBetweenAccounts, async ({ from, to, amount }, { transaction }) => {
    const [source, target] = await transaction.getAll(accounts.doc(from), accounts.doc(to));
    const payer = parseAccount(source);
    const payee = parseAccount(target);
    if (!payer) return unknownAccount(from);
    if (!payee) return unknownAccount(to);
    if (payer.balance < amount && !payer.overdraft) {
      return failPermanently({ code: "insufficient_funds", message: `Account ${from} has less than ${amount}.` });
    }
    const balances = { from: payer.balance - amount, to: payee.balance + amount };
    if (!Number.isSafeInteger(balances.from) || !Number.isSafeInteger(balances.to)) {
      return failPermanently({
        code: "balance_out_of_range",
        message: "A balance would be outside the range of exact integers.",
      });
    }
    transaction.update(accounts.doc(from), { balance: balances.from });
    transaction.update(accounts.doc(to), { balance: balances.to });
    return succeeded(balances);
  });
}

/** The account in a document; undefined if there is none. A document of any other shape is a bug, and throws. */
function parseAccount(snapshot: DocumentSnapshot | undefined): z.output<typeof accountSchema> | undefined {
  return snapshot?.exists ? accountSchema.parse(snapshot.data()) : undefined;
}

function unknownAccount(id: string) {
  return failPermanently({ code: "unknown_account", message: `There is no account ${id}.` });
}
