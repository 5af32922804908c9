import { afterAll, beforeAll, describe } from "vitest";
import { batchCases } from "./cases/transactions/batches.ts";
import { documentCases } from "./cases/documents.ts";
import { isolationCases } from "./cases/transactions/isolation.ts";
import { limitCases } from "./cases/limits.ts";
import { listenCallCases } from "./cases/listening/listen-calls.ts";
import { listeningCases } from "./cases/listening/listening.ts";
import { listingCases } from "./cases/listing.ts";
import { pastCases } from "./cases/past.ts";
import { preconditionCases } from "./cases/preconditions.ts";
import { queryCases } from "./cases/queries.ts";
import { randomListeningCases } from "./cases/listening/random-listening.ts";
import { contentionCases } from "./cases/transactions/contention.ts";
import { nearestCases } from "./cases/nearest.ts";
import { refusedAggregationCases } from "./cases/refused-aggregations.ts";
import { refusedQueryCases } from "./cases/refused-queries.ts";
import { rejectionCases } from "./cases/rejections.ts";
import { requestCases } from "./cases/requests.ts";
import { transactionCases } from "./cases/transactions/transactions.ts";
import { transformCases } from "./cases/transforms.ts";
import { type Subject, caseFor } from "./support/case.ts";
import { GOOGLES_JAR, type Running, type Target, googles, ours, oursOptimistic } from "./support/targets.ts";

const GROUPS: ReadonlyMap<string, (subject: Subject) => void> = new Map([
  ["documents", documentCases],
  ["preconditions", preconditionCases],
  ["transforms", transformCases],
  ["batches", batchCases],
  ["queries", queryCases],
  ["refused queries", refusedQueryCases],
  ["refused aggregations", refusedAggregationCases],
  ["nearest neighbours", nearestCases],
  ["listing", listingCases],
  ["reads of the past", pastCases],
  ["listening", listeningCases],
  ["listening, call by call", listenCallCases],
  ["listening, at random", randomListeningCases],
  ["transactions", transactionCases],
  ["contention", contentionCases],
  ["limits", limitCases],
  ["isolation", isolationCases],
  ["malformed requests", rejectionCases],
  ["requests without a client", requestCases],
]);

/** Google's emulator starts in 2 s, but takes longer beside other busy tests. */
const START_LIMIT_MS = 60_000;

const googlesIsInstalled = GOOGLES_JAR !== null;
if (!googlesIsInstalled) {
  process.stdout.write("Google's Firestore emulator (gcloud and Java) is not installed: its half is skipped.\n");
}

describe("our emulator", () => {
  testContract(ours);
});

describe("our emulator in its optimistic mode", () => {
  testContract(oursOptimistic, ["transactions", "contention", "isolation"]);
});

describe.skipIf(!googlesIsInstalled)("Google's emulator", () => {
  testContract(googles);
});

function testContract(target: Target, groups: readonly string[] = [...GROUPS.keys()]): void {
  let running: Running | undefined;
  beforeAll(async () => {
    running = await target.start();
  }, START_LIMIT_MS);
  afterAll(() => running?.stop());

  const subject: Subject = {
    target,
    test: caseFor(target),
    address() {
      if (!running) throw new Error(`${target.name} is not running.`);
      return running.address;
    },
  };
  for (const [group, cases] of GROUPS) {
    if (!groups.includes(group)) continue;
    describe(`fulfils the contract of ${group}`, () => {
      cases(subject);
    });
  }
}
