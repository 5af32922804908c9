import type { SerializedError } from "vitest";
import type { Reporter, TestModule } from "vitest/node";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Prints the number of tests of each kind, and `N passed, N failed` as its last line. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const kinds = new Map<string, Counts>();
    const total: Counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const kind = kinds.get(module.project.name) ?? { passed: 0, failed: 0, skipped: 0 };
      kinds.set(module.project.name, kind);
      count(module, kind);
      count(module, total);
    }
    const lines = [...kinds].map(([kind, counts]) => `${kind}: ${describe(counts)}`);
    process.stdout.write(`\n${lines.join("\n")}\n${describe(total)}\n`);
  }
}

function count(module: TestModule, into: Counts): void {
  // A file that fails to load has no tests; it must not look like success.
  if (module.errors().length > 0) into.failed++;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === "passed") into.passed++;
    else if (state === "skipped") into.skipped++;
    else into.failed++;
  }
}

function describe({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
