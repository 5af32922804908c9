import fs from "node:fs";
import path from "node:path";
import { type LoggedCommit, readCommitLog } from "../../../../packages/emulators/src/firestore/store/commit-log.ts";
import type { StoredDocument } from "../../../../packages/emulators/src/firestore/store/document.ts";
import { type Value, microsOf, toNumber } from "../../../../packages/emulators/src/firestore/values/value.ts";
import { loadProtos } from "../../../../packages/emulators/src/rpc/proto.ts";
import type { RunFolder } from "../../run-folder.ts";

/** A document as one commit left it. */
export interface Version {
  /** When it was committed, by Firestore's clock, in milliseconds since the epoch. */
  readonly at: number;
  text(field: string): string | undefined;
  number(field: string): number | undefined;
  /** A time in milliseconds since the epoch. */
  time(field: string): number | undefined;
  /** The code in a record's `lastError`. */
  lastErrorCode(): string | undefined;
}

/** All versions of a document, oldest first, by its path in the database. */
export type Versions = ReadonlyMap<string, readonly Version[]>;

const PACKAGES = ["google.firestore.v1", "google.protobuf", "google.rpc", "google.type"];

/** Reads every version of every document from Firestore's journals, so no commit is missed. */
export async function readVersions(folder: RunFolder): Promise<Versions> {
  const kept = fs.existsSync(folder.journals) ? fs.readdirSync(folder.journals).toSorted() : [];
  const documentType = loadProtos({ npmPackage: "@google-cloud/firestore-api" }, PACKAGES).lookupType(
    "google.firestore.v1.Document",
  );
  const versions = new Map<string, Map<bigint, Version>>();
  for (const journal of [...kept.map((name) => path.join(folder.journals, name)), folder.firestoreData]) {
    const restore = ({ written }: LoggedCommit): void => {
      for (const document of written) {
        const name = document.name.slice(document.name.indexOf("/documents/") + "/documents/".length);
        const known = versions.get(name) ?? new Map<bigint, Version>();
        versions.set(name, known);
        // A compaction writes the latest version of every document again.
        known.set(document.updateTime, toVersion(document));
      }
    };
    await readCommitLog({ folder: journal, documentType, restore });
  }
  return new Map([...versions].map(([name, known]) => [name, [...known.values()].toSorted((a, b) => a.at - b.at)]));
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
    lastErrorCode: () => valueOf("lastError")?.mapValue?.fields?.["code"]?.stringValue,
  };
}
