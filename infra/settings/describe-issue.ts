import type * as z from "zod";
import { issueMessage } from "../../shared/http/issue-message.ts";

/** What a schema checked: settings by key, and how users know them. */
interface CheckedSettings {
  /** The namespace of the keys in a stack's configuration. */
  readonly namespace: string;
  readonly values: ReadonlyMap<string, unknown>;
  /** The keys that may be set. */
  readonly known: readonly string[];
}

/** A sentence for each setting that an issue concerns: its full key, what is wrong with it, and what to do. */
export function describeIssue(issue: z.core.$ZodIssue, { namespace, values, known }: CheckedSettings): string[] {
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    return issue.keys.map(
      (key) => `${namespace}:${key}: there is no such setting. The settings are: ${known.join(", ")}.`,
    );
  }
  const [name] = issue.path;
  const place = `${namespace}:${issue.path.join(".")}`;
  if (!values.has(String(name))) {
    return [`${place}: is not set. Set it with: pulumi config set ${namespace}:${String(name)} …`];
  }
  return [`${place}: ${issueMessage(issue)}.`];
}
