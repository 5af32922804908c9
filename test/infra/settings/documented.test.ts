import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseSettings } from "../../../infra/settings/settings.ts";
import { configurable } from "../../../infra/settings/task-settings.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { FIXTURE } from "../support/fixture-registry.ts";

/** The settings that a refusal lists, without those that task types declare. */
function settings(): string[] {
  try {
    parseSettings({ "handoff:none": "" }, FIXTURE);
  } catch (error) {
    const [, list = ""] = /The settings are: (.+)\.$/m.exec(String(error)) ?? [];
    return list.split(", ").filter((name) => !configurable(FIXTURE.settings).has(name));
  }
  return [];
}

test("docs/settings.md lists every setting once, and no other", () => {
  const text = fs.readFileSync(path.join(PROJECT_DIR, "docs/settings.md"), "utf8");
  const documented = [...text.matchAll(/^\| (`\w+`(?:, `\w+`)*) +\|/gm)].flatMap(([, names = ""]) =>
    names.replaceAll("`", "").split(", "),
  );

  expect(settings().length).toBeGreaterThan(50);
  expect(documented.toSorted()).toEqual(settings().toSorted());
});
