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
} from "./answers.ts";
import type { Meeting } from "./meeting.ts";

/** Something that Google's emulator does otherwise than ours, and why ours stays as it is. */
export interface KnownDifference {
  /** What Google's emulator does. */
  readonly name: string;
  readonly reason: string;
  readonly explains: (meeting: Meeting) => boolean;
}

/** Every difference that is known; the first that explains a meeting counts. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: "A commit that writes nothing has no commit time",
    reason: "CommitResponse documents its commit time without exception.",
    explains: ({ operation: { call, request }, ours, theirs }) =>
      call === "Commit" && isEmpty(request["writes"]) && areOk(ours, theirs),
  },
  {
    name: "Every reply of a query but the last repeats how many results were skipped",
    reason: "By the documentation it is the number skipped since the reply before: the offset, in the first reply.",
    explains: ({ ours, theirs }) => differOnlyBy(["skippedResults"], ours, theirs),
  },
  {
    name: "Writes of one document in a commit all have the update time that it has in the end, or none",
    reason: "By the documentation of WriteResult it is the time after applying the write, and not set after a delete.",
    explains: ({ operation: { call, request }, ours, theirs }) =>
      call === "Commit" && writesTwice(request["writes"]) && differOnlyBy(["updateTime"], ours, theirs),
  },
  {
    name: "Sums and averages of doubles lose what is small beside others",
    reason: "Not documented; ours keeps aside what rounding loses.",
    explains: ({ operation: { call }, ours, theirs }) =>
      call === "RunAggregationQuery" && differByRounding(ours, theirs),
  },
  {
    name: "An empty mask of a read returns every field",
    reason: "By the documentation a field that is not in the mask is not returned; Google's own client relies on it.",
    explains: ({ operation: { request }, ours, theirs }) =>
      isEmptyMask(request["mask"]) && differOnlyBy(["fields"], ours, theirs),
  },
  {
    name: "An empty selection of a query returns names alone",
    reason: "The documentation of Projection: if empty, all fields are returned.",
    explains: ({ operation, ours, theirs }) =>
      asks(operation, '"select":{"fields":[]}') && differOnlyBy(["fields", "skippedResults"], ours, theirs),
  },
  {
    name: "Collection groups below a document are refused",
    reason: "The documentation of CollectionSelector has them, and production takes them.",
    explains: ({ operation, theirs }) =>
      !asks(operation, /"parent":"[^"]*\/documents"/) &&
      asks(operation, '"allDescendants":true') &&
      (theirs.code === status.INVALID_ARGUMENT || theirs.message.startsWith("collection group queries are only")),
  },
  {
    name: "Documents of another database than the request's are taken",
    reason: "By the documentation a request fails when a document does not belong to its database.",
    explains: ({ operation, ours, theirs }) =>
      oursAloneRefuses(ours, theirs) &&
      ours.message.includes("lacks a valid document path") &&
      databasesIn(operation).size > 1,
  },
  {
    name: "A write that can't hold after an earlier one to the same document is an invalid argument",
    reason: "Firestore documents nothing of the kind; ours says which precondition fails. Both refuse the commit.",
    explains: ({ theirs }) => /^Cannot (?:\w+ then \w+ an entity|collapse mutations)/.test(theirs.message),
  },
  {
    name: "A precondition with a time after the document's last update is an invalid argument",
    reason: "The document was not last updated at that time, so the precondition fails, by the documentation.",
    explains: ({ theirs }) => theirs.message.includes("Invalid base version, it is greater than the stored version"),
  },
  {
    name: "What a transform adds to an array, or takes away, may be any value",
    reason: "Arrays hold no arrays, by the documentation, and Google's client refuses to send them.",
    explains: ({ operation, ours, theirs }) =>
      oursAloneRefuses(ours, theirs) &&
      /array value|vector|itude|document path|timestamp|property\.name|reserved/i.test(ours.message) &&
      asks(operation, /"(?:appendMissingElements|removeAllFromArray)"/),
  },
  {
    name: "A transform may name a reserved field, or one whose name is too long",
    reason: "Names of fields match no `__.*__` and are at most 1,500 bytes long, by the documentation.",
    explains: ({ operation, ours, theirs }) =>
      oursAloneRefuses(ours, theirs) &&
      /reserved|at most 1500 bytes|longer than 1500 bytes/.test(ours.message) &&
      asks(operation, /"(?:updateTransforms|fieldTransforms)":\[\{/),
  },
  {
    name: "An id of more than 1,500 bytes is refused only where it is written",
    reason: "No document can have such a name, by the documentation, so ours refuses it wherever it stands.",
    explains: ({ operation, ours, theirs }) => oursAloneRefuses(ours, theirs) && asks(operation, TOO_LONG),
  },
  {
    name: "A document may be more than 100 collections deep, and its name longer than 6 KiB",
    reason: "Both are limits by the documentation.",
    explains: ({ ours, theirs }) => oursAloneRefuses(ours, theirs) && ours.message.includes("too long or too deep"),
  },
  {
    name: "A missing document in a list has an update time when it was once deleted",
    reason: "By the documentation of ListDocuments it has a name, but neither fields nor times.",
    explains: ({ operation: { request }, ours, theirs }) =>
      request["showMissing"] === true && differOnlyBy(["updateTime"], ours, theirs),
  },
  {
    name: "A list with missing documents heeds no mask, no time and no negative size",
    reason: "The documentation of ListDocuments makes no exception for them.",
    explains: ({ operation: { call, request }, ours, theirs }) =>
      call === "ListDocuments" &&
      request["showMissing"] === true &&
      theirs.code === status.OK &&
      (ours.code !== status.OK ||
        request["readTime"] !== undefined ||
        differOnlyBy(["fields", "updateTime"], ours, theirs)),
  },
  {
    name: "Alternatives of a filter that are the same count once toward the limit of 30",
    reason: "Not documented; ours counts them as they are written.",
    explains: ({ ours }) => ours.message.endsWith("disjunctions; 30 are the limit."),
  },
  {
    name: "A transaction that only read can't be retried",
    reason: "Not documented; in ours every transaction hands on its place in the order.",
    explains: ({ theirs }) => theirs.message === "Cannot retry a read-only transaction.",
  },
  {
    name: "A read that was to begin a transaction, and failed, now and then leaves locks behind",
    reason: "A transaction that nobody was told of should hold nothing. Nothing else contends in a case.",
    explains: ({ theirs }) => theirs.code === status.ABORTED && theirs.message === "Transaction lock timeout.",
  },
  {
    name: "Of two errors in one request it is the other that is told",
    reason: "Not documented; the request is refused for either.",
    explains: ({ ours, theirs }) => ours.code !== status.OK && TOLD_FIRST.test(theirs.message),
  },
  {
    name: "A request that is unforeseen is an unknown error",
    reason:
      "Most of these are invalid; some are not, such as reading no documents in a transaction, or a second ordered page.",
    explains: ({ theirs }) => theirs.code === status.UNKNOWN,
  },
];

/** The difference that explains a meeting, or null. */
export function knownDifference(meeting: Meeting): KnownDifference | null {
  return KNOWN_DIFFERENCES.find(({ explains }) => explains(meeting)) ?? null;
}

const TOO_LONG = "x".repeat(1_501);

/** What Google's emulator finds before it looks at the rest of a request. */
const TOLD_FIRST = new RegExp(
  [
    "^Invalid transaction\\.$",
    "^Transaction is invalid or closed\\.$",
    "read_time' is too old",
    "does not support descending key scans",
    "^invalid page token$",
    "^[Pp]age.size must be",
  ].join("|"),
);
