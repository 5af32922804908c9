import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

/** The commit that closed the previous issue. Whoever closes the next one puts that commit here. */
const PREVIOUS_COMMIT = "10b8f76718940ea5224e4c5b154c6048188a879b";

/** What its programs are made of. */
const PATHS = ["package.json", "shared", "services/worker", "services/producer"];

const MAX_BYTES = 64 * 1024 * 1024;

/** Whether this is a shallow clone that ends before the previous revision. Any other clone must have it. */
export function isTooShallow(): boolean {
  const found = git(["cat-file", "--batch-check"], PREVIOUS_COMMIT).toString();
  return found.includes(" missing") && git(["rev-parse", "--is-shallow-repository"]).toString().startsWith("true");
}

/**
 * Unpacks the previous revision into a folder of its own, where it runs with this clone's packages. Git keeps no note of
 * the folder, so removing it leaves nothing behind.
 */
export function unpackPreviousRevision(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "handoff-previous-"));
  execFileSync("tar", ["-x", "-C", folder], { input: git(["archive", "--format=tar", PREVIOUS_COMMIT, ...PATHS]) });
  fs.symlinkSync(path.join(PROJECT_DIR, "node_modules"), path.join(folder, "node_modules"));
  return folder;
}

function git(args: readonly string[], input = ""): Buffer {
  return execFileSync("git", args, { cwd: PROJECT_DIR, input, maxBuffer: MAX_BYTES });
}
