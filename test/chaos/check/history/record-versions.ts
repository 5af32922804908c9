import { type LoggedCommit, readCommitLog } from "../../../../packages/emulators/src/firestore/store/commit-log.ts";
import type { StoredDocument } from "../../../../packages/emulators/src/firestore/store/document.ts";
import { type Value, microsOf, toNumber } from "../../../../packages/emulators/src/firestore/values/value.ts";
import { loadProtos } from "../../../../packages/emulators/src/rpc/proto.ts";
import type { LoggedAttempt } from "../../../harness/worker/logged-attempts.ts";
import type { RunFolder } from "../../run-folder.ts";

/** A document as one commit left it. */
export interface Version {
  /** When it was committed, by Firestore's clock, in milliseconds since the epoch. */
  readonly at: number;
  text(field: string): string | undefined;
  number(field: string): number | undefined;
  /** A time in milliseconds since the epoch. */
  time(field: string): number | undefined;
  /** The record's attempts that ended; undefined if it has no log. */
  attemptLog(): readonly LoggedEntry[] | undefined;
  /** The code in a record's `lastError`. */
  lastErrorCode(): string | undefined;
}

/** What is checked of an entry in a record's log. */
export interface LoggedEntry extends LoggedAttempt {
  /** All of its texts. */
  readonly words: string;
}

/** All versions of a document, oldest first, by its path in the database. */
export type Versions = ReadonlyMap<string, readonly Version[]>;

const PACKAGES = ["google.firestore.v1", "google.protobuf", "google.rpc", "google.type"];

/** Reads every version of every document from Firestore's journal, which keeps all commits. */
export async function readVersions({ firestoreData }: RunFolder): Promise<Versions> {
  const documentType = loadProtos({ npmPackage: "@google-cloud/firestore-api" }, PACKAGES).lookupType(
    "google.firestore.v1.Document",
  );
  const versions = new Map<string, Version[]>();
  const restore = ({ written }: LoggedCommit): void => {
    for (const document of written) {
      const name = document.name.slice(document.name.indexOf("/documents/") + "/documents/".length);
      const known = versions.get(name) ?? [];
      versions.set(name, known);
      known.push(toVersion(document));
    }
  };
  await readCommitLog({ folder: firestoreData, documentType, restore });
  return versions;
}

function toVersion({ updateTime, fields }: StoredDocument): Version {
  const valueOf = (field: string): Value | undefined => fields[field];
  return {
    at: Number(updateTime) / 1_000,
    text: (field) => valueOf(field)?.stringValue,
    number: (field) => {
      const integer = valueOf(field)?.integerValue;
      return integer === undefined ? undefined : toNumber(integer);
    },
    time: (field) => {
      const timestamp = valueOf(field)?.timestampValue;
      return timestamp === undefined ? undefined : Number(microsOf(timestamp)) / 1_000;
    },
    attemptLog: () => valueOf("attemptLog")?.arrayValue?.values?.map(toEntry) ?? (valueOf("attemptLog") && []),
    lastErrorCode: () => valueOf("lastError")?.mapValue?.fields?.["code"]?.stringValue,
  };
}

function toEntry({ mapValue }: Value): LoggedEntry {
  const { attempt, outcome, ...fields } = mapValue?.fields ?? {};
  return {
    attempt: attempt?.integerValue === undefined ? undefined : toNumber(attempt.integerValue),
    outcome: outcome?.stringValue,
    words: Object.values(fields)
      .map(({ stringValue }) => stringValue ?? "")
      .join("\n"),
  };
}
