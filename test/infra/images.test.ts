import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { PROJECT_DIR } from "../../tools/project-dir.ts";

test("every base image is named by its digest, so that pulling makes no difference", () => {
  const text = fs.readFileSync(path.join(PROJECT_DIR, "Dockerfile"), "utf8");
  const stages = [...text.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)].map(([, from = "", as = ""]) => ({ from, as }));
  const own = new Set(stages.map(({ as }) => as));
  const bases = stages.filter(({ from }) => !own.has(from)).map(({ from }) => from);
  expect(bases.length).toBeGreaterThan(1);
  for (const base of bases) expect(base).toMatch(/@sha256:[0-9a-f]{64}$/);
  expect(text).not.toMatch(/^#\s*syntax=\S+:(?!.*@sha256)/m);
});
