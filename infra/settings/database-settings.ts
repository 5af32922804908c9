import * as z from "zod";
import { collectionPrefixVariable } from "../../shared/runtime/config.ts";

/** The database in which Handoff keeps its records, and the names of its collections. */
export const databaseFields = {
  /**
   * The name of an existing database. Default: a database of the stack's own, named by `prefix`. The form is Google's
   * (https://cloud.google.com/firestore/docs/manage-databases#database_id).
   */
  database: z
    .string()
    .regex(
      /^(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$/,
      "must be (default), or 4 to 63 lower-case letters, digits and hyphens",
    )
    .optional(),
  /** The existing database's location, which may be a multi-region. The stack's own is in `region`. */
  databaseLocation: z
    .string()
    .regex(/^[a-z]+(-[a-z]+)?\d+$/, "must be a region or a multi-region, for example europe-west1 or eur3")
    .optional(),
  /** The prefix of the names of Handoff's collections. Default: none. */
  collectionPrefix: collectionPrefixVariable.optional(),
};

export interface DatabaseSettings {
  readonly prefix: string;
  readonly database?: string | undefined;
  readonly databaseLocation?: string | undefined;
}

/** The name of the database, whether it is the stack's own or not. */
export function databaseIdOf({ database, prefix }: DatabaseSettings): string {
  return database ?? prefix;
}

/**
 * Contradictions in the settings, each with its path and a sentence.
 *
 * @param given the keys that the configuration sets.
 */
export function databaseProblems(
  { prefix, database, databaseLocation, backupRetentionDays }: DatabaseSettings & { backupRetentionDays: number },
  given: { has(key: string): boolean },
): readonly { path: [string]; message: string }[] {
  if (database === undefined) {
    if (databaseLocation === undefined) return [];
    const message =
      "is for an existing database: name it in handoff:database. The stack's own database is in handoff:region";
    return [{ path: ["databaseLocation"], message }];
  }
  const problems: { path: [string]; message: string }[] = [];
  if (database === prefix) {
    // Pulumi would delete it, since the program no longer declares it.
    const message = "is the name of the stack's own database: leave it out, or choose another handoff:prefix";
    problems.push({ path: ["database"], message });
  }
  if (databaseLocation === undefined) {
    const message = `is needed with handoff:database. See: gcloud firestore databases describe --database '${database}'`;
    problems.push({ path: ["databaseLocation"], message });
  }
  if (given.has("backupRetentionDays") && backupRetentionDays > 0) {
    const message = "has no effect on an existing database, whose backups are up to its owner: leave it out";
    problems.push({ path: ["backupRetentionDays"], message });
  }
  return problems;
}
