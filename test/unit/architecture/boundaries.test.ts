import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractDepcruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
const options = await extractDepcruiseOptions(path.join(ROOT, ".dependency-cruiser.mjs"));

/** Cruises the folders of a checkout by the rules that `npm run boundaries` holds. */
async function cruiseBy(baseDir: string, folders: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(folders, { ...options, baseDir });
  if (typeof output === "string") throw new Error("The result was to be an object.");
  return output;
}

/** A checkout with these files. */
async function plant(files: Record<string, string>): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-boundaries-"));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries({ "tsconfig.json": "{}", ...files })) {
    await fs.mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await fs.writeFile(path.join(folder, name), content);
  }
  return folder;
}

test("the rules see the project's modules, and none breaks them", async () => {
  const { summary } = await cruiseBy(ROOT, ["shared", "services", "infra"]);

  expect(summary.totalCruised).toBeGreaterThan(100);
  expect(summary.violations).toEqual([]);
});

test.each([
  ["a service that imports another", "services/worker/a.ts", "services/producer/b.ts", "no-service-imports-another"],
  ["a service that imports an emulator", "services/worker/a.ts", "services/local/b.ts", "no-service-imports-another"],
  ["shared that imports a service", "shared/a.ts", "services/worker/b.ts", "shared-imports-no-service"],
  ["infra that imports a service", "infra/a.ts", "services/worker/b.ts", "infra-imports-shared-only"],
  ["a service that imports infra", "services/worker/a.ts", "infra/b.ts", "services-do-not-import-infra"],
  ["shared that imports infra", "shared/a.ts", "infra/b.ts", "shared-imports-no-service"],
  ["code that imports tests", "services/worker/a.ts", "test/b.ts", "nothing-imports-tests"],
  [
    "an emulator that imports the other",
    "services/local/firestore/a.ts",
    "services/local/cloud-tasks/b.ts",
    "emulators-do-not-know-each-other",
  ],
])("%s is found", async (_, from, to, rule) => {
  const specifier = path.relative(path.dirname(from), to).replace(/^(?!\.)/, "./");
  const folder = await plant({
    [from]: `import { b } from "${specifier}";\nb();\n`,
    [to]: "export const b = () => {};\n",
  });

  const { summary } = await cruiseBy(folder, ["."]);

  expect(summary.violations.map((violation) => violation.rule.name)).toEqual([rule]);
});
