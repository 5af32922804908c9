import { status } from "@grpc/grpc-js";
import {
  areOk,
  asks,
  databasesIn,
  differByRounding,
  differOnlyBy,
  isEmpty,
  isEmptyMask,
  oursAloneRefuses,
  writesTwice,
} from "./response-rules.ts";
import type { Comparison } from "./comparison.ts";

/** Something that Google's emulator does differently, and why ours stays as it is. */
export interface KnownDifference {
  /** What Google's emulator does. */
  readonly name: string;
  readonly reason: string;
  readonly explains: (comparison: Comparison) => boolean;
}

/** All known differences. The first that explains a comparison counts. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: "A commit that writes nothing has no commit time",
    reason: "CommitResponse documents a commit time, without exceptions.",
    explains: ({ operation: { call, request }, ours, theirs }) =>
      call === "Commit" && isEmpty(request["writes"]) && areOk(ours, theirs),
  },
  {
    name: "Every reply of a query but the last repeats the number of skipped results",
    reason: "It is documented as the number skipped since the previous reply: the offset, in the first reply.",
    explains: ({ ours, theirs }) => differOnlyBy(["skippedResults"], ours, theirs),
  },
  {
    name: "All writes to one document in a commit have the document's final update time, or none",
    reason: "WriteResult documents it as the time after applying the write, and as unset after a delete.",
    explains: ({ operation: { call, request }, ours, theirs }) =>
      call === "Commit" && writesTwice(request["writes"]) && differOnlyBy(["updateTime"], ours, theirs),
  },
  {
    name: "Sums and averages of doubles lose small values beside large ones",
    reason: "Not documented; ours compensates for rounding.",
    explains: ({ operation: { call }, ours, theirs }) =>
      call === "RunAggregationQuery" && differByRounding(ours, theirs),
  },
  {
    name: "A read with an empty mask returns every field",
    reason:
      "A field that is not in the mask is not returned, says the documentation, and Google's own client relies on it.",
    explains: ({ operation: { request }, ours, theirs }) =>
      isEmptyMask(request["mask"]) && differOnlyBy(["fields"], ours, theirs),
  },
  {
    name: "A query with an empty selection returns only names",
    reason: "Projection documents that all fields are returned if it is empty.",
    explains: ({ operation, ours, theirs }) =>
      asks(operation, '"select":{"fields":[]}') && differOnlyBy(["fields", "skippedResults"], ours, theirs),
  },
  {
    name: "Documents of a database other than the request's are accepted",
    reason: "A request is documented to fail when a document does not belong to its database.",
    explains: ({ operation, ours, theirs }) =>
      oursAloneRefuses(ours, theirs) &&
      ours.message.includes("lacks a valid document path") &&
      databasesIn(operation).size > 1,
  },
  {
    name: "A write that contradicts an earlier one to the same document is an invalid argument",
    reason: "Not documented; ours says which precondition fails. Both refuse the commit.",
    explains: ({ theirs }) => /^Cannot (?:\w+ then \w+ an entity|collapse mutations)/.test(theirs.message),
  },
  {
    name: "A transform may add any value to an array, or remove it",
    reason: "Arrays can't contain arrays, says the documentation, and Google's client refuses to send them.",
    explains: ({ operation, ours, theirs }) =>
      oursAloneRefuses(ours, theirs) &&
      /array value|vector|itude|document path|timestamp|property\.name|reserved/i.test(ours.message) &&
      asks(operation, /"(?:appendMissingElements|removeAllFromArray)"/),
  },
  {
    name: "A transform may name a reserved field, or a field with too long a name",
    reason: "Field names are documented not to match `__.*__`, and to be at most 1,500 bytes long.",
    explains: ({ operation, ours, theirs }) =>
      oursAloneRefuses(ours, theirs) &&
      /reserved|at most 1500 bytes|longer than 1500 bytes/.test(ours.message) &&
      asks(operation, /"(?:updateTransforms|fieldTransforms)":\[\{/),
  },
  {
    name: "An id of more than 1,500 bytes is refused only where it is written",
    reason: "No document can have such a name, says the documentation, so ours refuses it everywhere.",
    explains: ({ operation, ours, theirs }) => oursAloneRefuses(ours, theirs) && asks(operation, TOO_LONG),
  },
  {
    name: "A document may be more than 100 collections deep, and its name longer than 6 KiB",
    reason: "Both limits are documented.",
    explains: ({ ours, theirs }) => oursAloneRefuses(ours, theirs) && ours.message.includes("too long or too deep"),
  },
  {
    name: "A missing document in a list has an update time if it was once deleted",
    reason: "ListDocuments documents a name, but no fields or times.",
    explains: ({ operation: { request }, ours, theirs }) =>
      request["showMissing"] === true && differOnlyBy(["updateTime"], ours, theirs),
  },
  {
    name: "A list with missing documents ignores the mask, the read time and a negative page size",
    reason: "ListDocuments documents no exception for such lists.",
    explains: ({ operation: { call, request }, ours, theirs }) =>
      call === "ListDocuments" &&
      request["showMissing"] === true &&
      theirs.code === status.OK &&
      (ours.code !== status.OK ||
        request["readTime"] !== undefined ||
        differOnlyBy(["fields", "updateTime"], ours, theirs)),
  },
  {
    name: "Equal alternatives in a filter count once towards the limit of 30",
    reason: "Not documented; ours counts them as written.",
    explains: ({ ours }) => ours.message.startsWith("Too many disjunctions after normalization."),
  },
  {
    name: "A read-only transaction can't be retried",
    reason: "Not documented; in ours, a retry takes over the place of any transaction.",
    explains: ({ theirs }) => theirs.message === "Cannot retry a read-only transaction.",
  },
  {
    name: "A failed read that should have begun a transaction sometimes leaves locks behind",
    reason: "A transaction whose id nobody knows should hold no locks. Nothing else contends in a case.",
    explains: ({ theirs }) => theirs.code === status.ABORTED && theirs.message === "Transaction lock timeout.",
  },
  {
    name: "Of two errors in one request, the other one is reported",
    reason: "Not documented; either is a reason to refuse the request.",
    explains: ({ ours, theirs }) => ours.code !== status.OK && CHECKED_FIRST.test(theirs.message),
  },
  {
    name: "An unforeseen request is an unknown error",
    reason:
      "Most of them are invalid. Some are not, such as a transaction that reads no documents, or a second ordered page.",
    explains: ({ theirs }) => theirs.code === status.UNKNOWN,
  },
];

/** The known difference that explains a comparison, or null. */
export function knownDifference(comparison: Comparison): KnownDifference | null {
  return KNOWN_DIFFERENCES.find(({ explains }) => explains(comparison)) ?? null;
}

const TOO_LONG = "x".repeat(1_501);

/** Errors that Google's emulator checks for before others. */
const CHECKED_FIRST = new RegExp(
  [
    "^Invalid transaction\\.$",
    "^Transaction is invalid or closed\\.$",
    "read_time' is too old",
    "does not support descending key scans",
    "^invalid page token$",
    "^[Pp]age.size must be",
  ].join("|"),
);
