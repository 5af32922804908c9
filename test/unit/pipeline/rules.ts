import { parse } from "yaml";
import * as z from "zod";

const text = z.record(z.string(), z.unknown());
const permissions = z.record(z.string(), z.enum(["read", "write", "none"]));
const step = z.object({ uses: z.string().optional(), run: z.string().optional(), with: text.default({}) });
const concurrency = z.object({ group: z.string(), "cancel-in-progress": z.boolean() });
const job = z.object({
  if: z.string().optional(),
  environment: z.string().optional(),
  permissions: permissions.optional(),
  concurrency: concurrency.optional(),
  "timeout-minutes": z.number().optional(),
  steps: z.array(step),
});
const workflow = z.object({
  on: text,
  permissions: permissions.optional(),
  concurrency: concurrency.optional(),
  jobs: z.record(z.string(), job),
});
const action = z.object({ runs: z.object({ steps: z.array(step) }) });

type Job = z.output<typeof job>;

/** The source of a workflow or an action, and its name. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** Says what is wrong with a workflow's text, in a sentence each: nothing, if it keeps the rules. */
export function problemsOfWorkflow({ name, text: source }: Source): string[] {
  const { on, jobs, ...whole } = workflow.parse(parse(source));
  return [
    ...problemsOfSource({ name, text: source }),
    ...(whole.permissions ? [] : [`${name} has no permissions of its own.`]),
    ...Object.entries({ ...whole.permissions })
      .filter(([, may]) => may === "write")
      .map(([what]) => `${name} gives every job ${what}: write.`),
    // Such a workflow runs with the repository's rights on code that anybody may send.
    ...(on["pull_request_target"] === undefined ? [] : [`${name} runs on pull_request_target.`]),
    ...Object.entries(jobs).flatMap(([key, each]) => {
      const found = [...problemsOfJob(each), ...problemsOfSteps(each.steps)];
      if (!whole.concurrency && !each.concurrency) found.push("has no concurrency group.");
      return found.map((problem) => `${name}: ${key} ${problem}`);
    }),
  ];
}

/** The same, for a composite action. */
export function problemsOfAction(source: Source): string[] {
  const { runs } = action.parse(parse(source.text));
  const problems = problemsOfSteps(runs.steps).map((problem) => `${source.name} ${problem}`);
  return [...problemsOfSource(source), ...problems];
}

function problemsOfSource({ name, text: source }: Source): string[] {
  const loose = [...source.matchAll(/^\s*(?:- )?uses: (?!\.\/)(\S+)(.*)$/gm)].filter(
    ([, used = "", comment = ""]) => !/@[0-9a-f]{40}$/.test(used) || !/^ # v\d+\.\d+\.\d+$/.test(comment),
  );
  return [
    ...loose.map(([, used]) => `${name} uses ${used} without a commit and its version.`),
    // Neither keys nor passphrases: who runs is known by a token.
    ...(/\bsecrets\b|credentials_json/.test(source) ? [`${name} uses a secret.`] : []),
  ];
}

function problemsOfJob({ if: condition = "", environment, permissions: may = {}, ...each }: Job): string[] {
  const problems: string[] = [];
  if (!/^vars\.HANDOFF_[A-Z]+ != ''/.test(condition)) problems.push("runs in a repository that hasn't set a variable.");
  if (each["timeout-minutes"] === undefined) problems.push("has no timeout.");
  const wide = Object.entries(may).filter(([what, how]) => how === "write" && what !== "id-token");
  problems.push(...wide.map(([what]) => `may write ${what}.`));
  const isDeploying = each.steps.some((one) => /\bpulumi -- up\b/.test(one.run ?? ""));
  if (isDeploying && environment === undefined) problems.push("deploys without an environment.");
  if (isDeploying && each.concurrency?.["cancel-in-progress"] !== false)
    problems.push("can be cancelled as it deploys.");
  return problems;
}

/** An expression in a script becomes part of the script, whoever chose its value. */
function problemsOfSteps(steps: readonly z.output<typeof step>[]): string[] {
  return steps.flatMap(({ uses = "", run = "", with: given }) => [
    ...(run.includes("${{") ? [`has an expression in a script: ${run}`] : []),
    ...(uses.startsWith("actions/checkout@") && given["persist-credentials"] !== false
      ? ["leaves GitHub's token in the checkout."]
      : []),
  ]);
}
