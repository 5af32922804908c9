import { type TaskSetting, isOptional } from "../../shared/contract/task-settings.ts";
import { issueMessage } from "../../shared/http/issue-message.ts";

/** Says of a key of the stack's configuration, such as `handoff:region`, whether it was set with --secret, in whole or in part. */
export type IsSecret = (key: string) => boolean;

/** What is wrong with a value that is set with --secret and would be a plain variable of a service. */
export const OPEN_SECRET = "is set with --secret, but whoever may look up the service could read it.";

/** The values that a stack's configuration sets for the variables that task types declare, by variable name. */
export interface GivenSettings {
  readonly variables: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
}

/** A variable's key in a stack's configuration: `WEBHOOK_SIGNING_SECRET` becomes `webhookSigningSecret`. */
export function configKeyOf(variable: string): string {
  return variable.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The names of the declared variables that a stack can set, by their configuration keys. */
export function configurable(declared: ReadonlyMap<string, TaskSetting>): ReadonlyMap<string, string> {
  const names = [...declared].filter(([, { localOnly }]) => !localOnly).map(([name]) => name);
  return new Map(names.map((name) => [configKeyOf(name), name]));
}

/**
 * Reads the declared variables from a stack's configuration. Passes their texts on unchanged.
 *
 * @param texts the values by key, without the namespace.
 * @param isSecret which of these keys were set with --secret.
 * @returns the values, and a problem for each one that is invalid or missing: its key, and a sentence that follows the
 * key.
 */
export function readTaskSettings(
  declared: ReadonlyMap<string, TaskSetting>,
  texts: ReadonlyMap<string, string>,
  isSecret: IsSecret,
): { readonly given: GivenSettings; readonly problems: readonly (readonly [key: string, sentence: string])[] } {
  const variables = new Map<string, string>();
  const secrets = new Map<string, string>();
  const problems: [string, string][] = [];
  for (const [key, name] of configurable(declared)) {
    const setting = declared.get(name);
    const text = texts.get(key);
    if (!setting) continue;
    if (text === undefined) {
      const flag = setting.kind === "secret" ? " --secret" : "";
      const isNeeded = !setting.generated && !isOptional(setting);
      if (isNeeded) problems.push([key, `is not set. Set it with: pulumi config set${flag} handoff:${key} …`]);
      continue;
    }
    const isOpenSecret = setting.kind === "setting" && isSecret(key);
    const wrong = isOpenSecret ? [openSecret(name)] : invalidity(setting, text);
    problems.push(...wrong.map((sentence): [string, string] => [key, sentence]));
    (setting.kind === "secret" ? secrets : variables).set(name, text);
  }
  return { given: { variables, secrets }, problems };
}

function openSecret(name: string): string {
  return `${OPEN_SECRET} Declare ${name} with secret(…) in its task type, or set it without --secret.`;
}

function invalidity({ schema }: TaskSetting, text: string): string[] {
  return (schema.safeParse(text).error?.issues ?? []).map((issue) => `${issueMessage(issue)}.`);
}
