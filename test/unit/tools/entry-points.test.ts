import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { registry } from "../../../shared/tasks/index.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { programsOf } from "../../../tools/images/programs.ts";

/** What the Dockerfile's targets run, and what each is based on. */
function entryPoints(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const dockerfile = fs.readFileSync(path.join(PROJECT_DIR, "Dockerfile"), "utf8");
  for (const stage of dockerfile.split(/^FROM /m).slice(1)) {
    const [, base = "", name = ""] = /^(\S+) AS (\S+)$/m.exec(stage) ?? [];
    const entryPoint = /^ENTRYPOINT (.+)$/m.exec(stage)?.[1] ?? found.get(base);
    if (entryPoint !== undefined) found.set(name, entryPoint);
  }
  return found;
}

test.each(programsOf(registry))(
  "the image of $name gives Node what the program is built with",
  ({ name, nodeArgs }) => {
    expect(JSON.parse(entryPoints().get(name) ?? "")).toEqual(["/app/bin/node", ...(nodeArgs ?? []), "/app/main.js"]);
  },
);
