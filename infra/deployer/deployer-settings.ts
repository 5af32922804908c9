import * as z from "zod";
import { describeIssue } from "../settings/describe-issue.ts";
import { trueOrFalse } from "../settings/setting-values.ts";
import { SettingsError } from "../settings/settings.ts";

const NAMESPACE = "handoff-deployer";

const fields = z.strictObject({
  /** The project of the environment's stack. */
  project: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, "must be a project's id, for example my-project-123"),
  region: z.string().regex(/^[a-z]+-[a-z]+\d+$/, "must be a region, for example europe-west1"),
  /** The prefix of the names here. It may be the stack's own, since no names collide. */
  prefix: z.string().regex(/^[a-z][a-z0-9-]{2,18}[a-z0-9]$/, "must be 4 to 20 lower-case letters, digits and hyphens"),
  /** The GitHub environment whose jobs may deploy. */
  environment: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "must be lower-case letters, digits and hyphens"),
  /** A repository's name can change hands; its number can't. */
  repositoryId: z.string().regex(/^[1-9]\d{0,18}$/, "must be the repository's number, as text"),
  /** The branch that is deployed. */
  branch: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/, "must be a branch's name")
    .default("main"),
  /** Whether pull requests get a preview. Their code then runs with the previewer's read access. */
  previewsPullRequests: trueOrFalse.default(false),
});

export type DeployerSettings = z.output<typeof fields>;

/**
 * Reads the deployer's settings from a stack's whole configuration, with full keys.
 *
 * @throws SettingsError with a sentence for each problem.
 */
export function parseDeployerSettings(configuration: Readonly<Record<string, string>>): DeployerSettings {
  const own = Object.entries(configuration).flatMap(([key, text]): [string, string][] =>
    key.startsWith(`${NAMESPACE}:`) ? [[key.slice(NAMESPACE.length + 1), text]] : [],
  );
  const given = new Map(own);
  const parsed = fields.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const checked = { namespace: NAMESPACE, values: given, known: Object.keys(fields.shape) };
  const sentences = parsed.error.issues.flatMap((issue) => describeIssue(issue, checked));
  throw new SettingsError(
    `The stack's configuration is invalid:\n${sentences.map((line) => `  - ${line}`).join("\n")}`,
  );
}
