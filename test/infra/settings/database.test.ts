import { type Firestore, type Query, Timestamp } from "@google-cloud/firestore";
import { beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { importCommands } from "../../../infra/preview/recovery.ts";
import type { ProgramRun } from "../../../infra/preview/run-program.ts";
import { textOf } from "../../../infra/preview/wire-values.ts";
import {
  LETTER_FILTERS,
  type LetterFilter,
  letterQuery,
  pageBy,
  pageOfLetters,
} from "../../../shared/records/letters/dead-letter-queries.ts";
import { entriesDueBy, entriesOf, firstEntry } from "../../../shared/outbox/outbox-queries.ts";
import { randomTaskId } from "../../../shared/contract/task-id.ts";
import { FIXTURE } from "../support/fixture-registry.ts";
import { type Graph, at, ofType, runFixture, textsIn, the, variablesOf } from "../support/graph.ts";
import { POLICIES } from "../support/policies.ts";
import { indexesFor, queriesSent } from "../support/query-indexes.ts";

const INTO_EXISTING = {
  "handoff:database": "(default)",
  "handoff:databaseLocation": "eur3",
  "handoff:collectionPrefix": "handoff_",
  "handoff:backupRetentionDays": "0",
  "handoff:weeklyBackupRetentionWeeks": "0",
};

/** Two runs of the program. */
const RUNS_TIMEOUT_MS = 150_000;

let own: ProgramRun;
let existing: ProgramRun;

beforeAll(async () => {
  own = await runFixture("production", "update");
  existing = await runFixture("production", "update", INTO_EXISTING);
  for (const { succeeded, output } of [own, existing]) if (!succeeded) throw new Error(output);
}, RUNS_TIMEOUT_MS);

const inFirestore = (graph: Graph) => graph.filter(({ type }) => type.startsWith("gcp:firestore/"));

test("of an existing database, a stack has the TTLs and indexes of its prefixed collections, and nothing else", () => {
  const found = inFirestore(existing.resources).map(({ type, inputs }) => {
    const parts = [type.split(":").at(-1), inputs["database"], inputs["collection"], inputs["field"]];
    return parts.flatMap((part) => (part === undefined ? [] : [textOf(part)])).join(" ");
  });

  expect(found.toSorted()).toEqual([
    "Field (default) handoff_deadLetters *",
    "Field (default) handoff_deadLetters expireAt",
    "Field (default) handoff_taskOutbox *",
    "Field (default) handoff_taskRecords *",
    "Field (default) handoff_taskRecords expireAt",
    ...Array.from({ length: 1 + LETTER_FILTERS.length }, () => "Index (default) handoff_deadLetters"),
    "Index (default) handoff_taskOutbox",
  ]);
  // What is in the database goes without it.
  expect(existing.resources.filter(({ deletedWith }) => deletedWith !== "").map(({ name }) => name)).toEqual([]);
});

test("besides the database and its backups, a stack has the same resources with an existing one", () => {
  const names = ({ resources }: ProgramRun): string[] => resources.map(({ type, name }) => `${type} ${name}`);
  const left = new Set(names(existing));

  expect(names(own).filter((name) => !left.has(name))).toEqual([
    "gcp:firestore/database:Database records",
    "gcp:firestore/backupSchedule:BackupSchedule daily",
    "gcp:firestore/backupSchedule:BackupSchedule weekly",
  ]);
  expect(existing.resources.length).toBe(own.resources.length - 3);
});

test("services may use the existing database alone, and are told its name and the prefix", () => {
  const grants = ofType(existing.resources, "gcp:projects/iAMMember:IAMMember").filter(
    ({ inputs }) => inputs["role"] === "roles/datastore.user",
  );
  expect(grants.map(({ name, inputs }) => [name, at(inputs, "condition.expression")])).toEqual([
    ["producer-records", 'resource.name == "projects/my-project-123/databases/(default)"'],
    ["worker-records", 'resource.name == "projects/my-project-123/databases/(default)"'],
  ]);
  const told = ["worker", "producer"].map((name) => {
    const variables = variablesOf(the(existing.resources, "gcp:cloudrunv2/service:Service", name));
    return [variables.get("FIRESTORE_DATABASE"), variables.get("COLLECTION_PREFIX")];
  });
  expect(told).toEqual([
    ["(default)", "handoff_"],
    ["(default)", "handoff_"],
  ]);
  expect(existing.outputs).toMatchObject({ database: "(default)", databaseLocation: "eur3" });
});

test("the trigger is where the existing database is, also in a multi-region, and watches the prefixed outbox", () => {
  const { inputs } = the(existing.resources, "gcp:eventarc/trigger:Trigger", "outbox");

  expect(inputs["location"]).toBe("eur3");
  expect(at(inputs, "destination.cloudRunService.region")).toBe("europe-west1");
  expect(textsIn(inputs["matchingCriterias"])).toEqual(
    expect.arrayContaining(["(default)", "handoff_taskOutbox/{entry}"]),
  );
});

test("the dashboard watches the existing database", () => {
  const dashboard = the(existing.resources, "gcp:monitoring/dashboard:Dashboard", "dashboard");
  expect(textsIn(dashboard.inputs).join()).toContain(String.raw`database_id = \"(default)\"`);
});

test("a stack that doesn't own its database keeps the policies that aren't about that", () => {
  const ofOwn = [
    "access to records is granted on the one database",
    "a protected database outlives its stack",
    "no single field is indexed, and records and dead letters expire, but no entry of the outbox",
    "new entries of the outbox, and each minute, reach the producer",
  ];
  expect(Object.keys(POLICIES)).toEqual(expect.arrayContaining(ofOwn));
  const violations = Object.entries(POLICIES)
    .filter(([name]) => !ofOwn.includes(name))
    .flatMap(([, policy]) => policy(existing.resources, "production", FIXTURE));
  expect(violations).toEqual([]);
});

test("imports name the existing database and the prefixed collections", () => {
  const commands = importCommands(inFirestore(existing.resources), "my-project-123");
  const index = (collection: string): string =>
    `'projects/my-project-123/databases/(default)/collectionGroups/${collection}/indexes/FIND'`;

  const ofLetters = Array.from({ length: 1 + LETTER_FILTERS.length }, () => index("handoff_deadLetters"));
  const ids = commands.map((line) => line.split(" ").at(-1));
  expect(ids).toHaveLength(ofLetters.length + 1);
  expect(ids).toEqual(expect.arrayContaining([...ofLetters, index("handoff_taskOutbox")]));
});

test("a protected stack refuses another database or prefix, since what it would delete or replace is protected", async () => {
  const isProtected = (graph: Graph): string[] =>
    inFirestore(graph)
      .filter(({ protect }) => protect)
      .map(({ name }) => name);

  expect(isProtected(own.resources)).toEqual(["records", "taskRecords-expiry", "deadLetters-expiry"]);
  expect(isProtected(existing.resources)).toEqual(["taskRecords-expiry", "deadLetters-expiry"]);
  // The same resources in either, so that Pulumi has to replace them.
  const expiry = "gcp:firestore/field:Field";
  expect(the(existing.resources, expiry, "taskRecords-expiry").urn).toBe(
    the(own.resources, expiry, "taskRecords-expiry").urn,
  );
});

/** Every query that the code asks of the outbox. */
function everyOutboxQuery(db: Firestore, prefix: string): Query[] {
  const entries = db.collection(`${prefix}taskOutbox`);
  const id = randomTaskId({ queue: "default", idempotency: "claim" });
  return [entriesDueBy(entries, Timestamp.now()), firstEntry(entries), entriesOf(entries, id)];
}

/**
 * Every query that the code asks of letters: all of them, and those of a status, with each choice of filters, from the
 * beginning and from a place on.
 */
function everyLetterQuery(db: Firestore, prefix: string): Query[] {
  const letters = db.collection(`${prefix}deadLetters`);
  const choices = LETTER_FILTERS.reduce<LetterFilter[]>(
    (filters, field) => filters.flatMap((filter) => [filter, { ...filter, [field]: "any" }]),
    [{ status: "open" }, { status: "replayed", from: Timestamp.now(), to: Timestamp.now() }],
  );
  const after = { diedAt: Timestamp.now(), id: "any" };
  return [
    pageOfLetters(letters, null),
    pageOfLetters(letters, "any"),
    ...choices.map((filter) => letterQuery(letters, filter)),
    ...choices.map((filter) => pageBy(letters, filter, { limit: 1, after: null, fields: ["type"] })),
    ...choices.map((filter) => pageBy(letters, filter, { limit: 1, after, fields: ["type"] })),
  ];
}

test.each([
  ["its own database", "", () => own],
  ["an existing one", "handoff_", () => existing],
])("in %s, a stack has the indexes that the queries need, and no others", async (_, prefix, run) => {
  const ofLetters = await queriesSent((db) => everyLetterQuery(db, prefix));
  const ofOutbox = await queriesSent((db) => everyOutboxQuery(db, prefix));
  const needed = new Set([
    ...ofLetters.flatMap((query) => indexesFor(query, "status")),
    ...ofOutbox.flatMap((query) => indexesFor(query, "shard")),
  ]);
  const made = ofType(run().resources, "gcp:firestore/index:Index").map(({ inputs }) => {
    const { collection: indexed, fields } = indexSchema.parse(inputs);
    const keys = fields.map(({ fieldPath, order }) => (order === "DESCENDING" ? `${fieldPath} desc` : fieldPath));
    return `${indexed}: ${keys.join(" ")}`;
  });

  // Three queries for each choice of filters, with times and without.
  expect([ofLetters.length, ofOutbox.length]).toEqual([2 + 3 * 2 * 2 ** LETTER_FILTERS.length, 3]);
  expect(made.toSorted()).toEqual([...needed].toSorted());
});

const indexSchema = z.object({
  collection: z.string(),
  fields: z.array(z.object({ fieldPath: z.string(), order: z.enum(["ASCENDING", "DESCENDING"]) })),
});
