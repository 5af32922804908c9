import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { DESCENDING, type Order } from "../query/structured-query.ts";

/**
 * Parses the order of a list, such as "priority desc, __name__". An empty text means the order of names.
 *
 * The syntax is that of https://firebase.google.com/docs/firestore/reference/rpc/google.firestore.v1#listdocumentsrequest
 *
 * @throws RpcError INVALID_ARGUMENT when it is malformed. The paths in it are not checked.
 */
export function parseListOrder(text: string): Order[] {
  const orders: Order[] = [];
  let end = 0;
  while (end < text.length) {
    const clause = readClause(text, end);
    if (!clause) throw new RpcError(RpcCode.INVALID_ARGUMENT, `Invalid order by clause "${text.slice(end)}".`);
    orders.push(clause.order);
    ({ end } = clause);
  }
  return orders;
}

/** A field path, with anything inside backticks; a direction; a comma or the end. */
const CLAUSE = /((?:`(?:[^`\\]|\\.)*`|[^\s,`])+)(?:\s+(asc|desc))?(?:\s*,\s*(?=.)|$)/isy;

function readClause(text: string, start: number): { order: Order; end: number } | null {
  const clause = new RegExp(CLAUSE);
  clause.lastIndex = start;
  const [, fieldPath, direction] = clause.exec(text) ?? [];
  if (fieldPath === undefined) return null;
  const descending = direction?.toLowerCase() === "desc";
  return { order: { field: { fieldPath }, ...(descending ? { direction: DESCENDING } : {}) }, end: clause.lastIndex };
}
