import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { problemsOfAction, problemsOfWorkflow } from "./rules.ts";

const GITHUB = path.join(PROJECT_DIR, ".github");
const read = (file: string): string => fs.readFileSync(path.join(GITHUB, file), "utf8");
const workflows = fs.readdirSync(path.join(GITHUB, "workflows")).map((name) => ({
  name,
  text: read(`workflows/${name}`),
}));
const prepare = { name: "prepare", text: read("actions/prepare/action.yml") };
const deploy = { name: "deploy.yml", text: read("workflows/deploy.yml") };

test("every workflow pins its actions, limits its permissions, and does nothing before its variable is set", () => {
  expect(workflows.length).toBeGreaterThan(3);
  expect(workflows.flatMap(problemsOfWorkflow)).toEqual([]);
  expect(problemsOfAction(prepare)).toEqual([]);
});

test.each([
  ["@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "without a commit and its version"],
  [" # v7.0.1", "", "without a commit and its version"],
  ["    if: vars.HANDOFF_STAGING != ''\n", "", "staging runs in a repository that hasn't set a variable"],
  ["permissions:\n  contents: read\njobs:", "jobs:", "has no permissions of its own"],
  [
    "permissions:\n  contents: read\njobs:",
    "permissions:\n  contents: write\njobs:",
    "gives every job contents: write",
  ],
  ["      contents: read\n", "      contents: write\n", "staging may write contents"],
  ["  push:\n", "  pull_request_target:\n  push:\n", "runs on pull_request_target"],
  ["    environment: staging\n", "", "staging deploys without an environment"],
  ["cancel-in-progress: false", "cancel-in-progress: true", "staging can be cancelled as it deploys"],
  ["persist-credentials: false", "persist-credentials: true", "leaves GitHub's token in the checkout"],
  ["--stack staging --yes", "--stack ${{ github.event.head_commit.message }} --yes", "has an expression in a script"],
  ["${{ needs.staging.outputs.images }}", "${{ secrets.IMAGES }}", "uses a secret"],
  ["    concurrency:\n      group: deploy-staging\n      cancel-in-progress: false\n", "", "has no concurrency group"],
  ["    timeout-minutes: 60\n", "", "staging has no timeout"],
])("a workflow with a fault is reported: %j instead of %j", (good, bad, sentence) => {
  const text = deploy.text.replace(good, bad);
  expect(text).not.toBe(deploy.text);
  expect(problemsOfWorkflow({ ...deploy, text }).join("\n")).toContain(sentence);
});

test("an action with an expression in a script is reported", () => {
  const text = prepare.text.replace("npm ci", "npm ci ${{ inputs.account }}");
  expect(problemsOfAction({ ...prepare, text }).join("\n")).toContain("has an expression in a script");
});

test("only the output of staging's own build reaches production", () => {
  expect(deploy.text).toContain("IMAGES: ${{ needs.staging.outputs.images }}");
  expect(deploy.text).toContain('config set handoff:images "$IMAGES" --stack production');
});

test("a credential that the login leaves in the folder gets into neither a commit nor an image", () => {
  expect(fs.readFileSync(path.join(PROJECT_DIR, ".gitignore"), "utf8")).toContain("gha-creds-*.json\n");
  const first = fs
    .readFileSync(path.join(PROJECT_DIR, ".dockerignore"), "utf8")
    .split("\n")
    .find((line) => !line.startsWith("#"));
  expect(first).toBe("*");
});

test("docs/pipeline.md names every variable that a workflow waits for", () => {
  const names = workflows.flatMap(({ text }) => text.match(/HANDOFF_[A-Z]+/g) ?? []);
  const doc = fs.readFileSync(path.join(PROJECT_DIR, "docs/pipeline.md"), "utf8");
  expect(new Set(doc.match(/HANDOFF_[A-Z]+/g))).toEqual(new Set(names));
});
