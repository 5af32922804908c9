import fs from "node:fs";
import path from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The slowest files, by kind and in this order. Other files are sorted by size, but these are short. Started late, each
 * would still be running after everything else has ended.
 */
const LONGEST = [
  "test/model/task-sequences.test.ts",
  "test/model/hops/hop-sequences.test.ts",
  "test/model/hops/hop-interpreter.test.ts",
  "test/crash-matrix/transaction.test.ts",
  "test/crash-matrix/natural.test.ts",
  "test/e2e/start.test.ts",
  "test/e2e/large-payloads.test.ts",
  "test/e2e/image-steps.test.ts",
  "test/e2e/emulator-package.test.ts",
  "test/e2e/smoke/smoke.test.ts",
  "test/contract/bench.test.ts",
  "test/contract/compatibility/previous-revision.test.ts",
  "test/contract/worker/fuzz/fuzz.test.ts",
  "packages/emulators/test/contract/firestore/conformance.test.ts",
  "packages/emulators/test/contract/firestore/transactions/serialisability.test.ts",
  "test/infra/graph.test.ts",
  "test/infra/recovery.test.ts",
  "test/unit/architecture/boundaries.test.ts",
  "test/unit/architecture/compiled.test.ts",
].map((file) => path.resolve(import.meta.dirname, "../../..", file));

/**
 * Sorts files by kind, in the order of vitest.config.ts, and within a kind by duration. The files of a kind stay
 * together, since they share workers.
 */
export class LongFirstSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    for (const file of LONGEST) if (!fs.existsSync(file)) throw new Error(`There is no ${file}.`);
    const kinds = this.ctx.projects.map(({ name }) => name);
    const rankOf = ({ moduleId }: TestSpecification): number =>
      LONGEST.includes(moduleId) ? LONGEST.indexOf(moduleId) : LONGEST.length;
    // oxlint-disable-next-line no-array-sort -- A sequencer's method, not an array's.
    const largestFirst = await super.sort(files);
    return largestFirst.toSorted(
      (one, other) =>
        kinds.indexOf(one.project.name) - kinds.indexOf(other.project.name) || rankOf(one) - rankOf(other),
    );
  }
}
