import { isTypeName } from "../../../../../shared/contract/task-type.ts";
import { UsageError } from "../exit.ts";

/** The names of a new task type and its parts. */
export interface Names {
  /** The type's name in queued tasks, for example `email.send`. */
  readonly type: string;
  /** The definition's constant: `sendEmail`. */
  readonly constant: string;
  /** The name in the handlers' index: `handleSendEmail`, or `createSendEmail` if the handler needs Firestore. */
  readonly handler: string;
  /** Paths relative to the project's folder. */
  readonly files: { readonly definition: string; readonly handler: string; readonly test: string };
}

/** Words that can't be a constant's name on their own, and names that the files import. */
const TAKEN: ReadonlySet<string> = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static " +
    "super switch this throw true try typeof var void while with yield arguments eval undefined registry queues z " +
    "defineTask defineRegistry bindHandler bindTransactionHandler succeeded"
  ).split(" "),
);

/**
 * Derives names that begin with the type's last part, its verb: `email.send` becomes `sendEmail`, in
 * `shared/tasks/email-send.ts` and `services/worker/handlers/send-email.ts`.
 *
 * @throws UsageError for a name that no type can have.
 */
export function namesOf(type: string, kind: string): Names {
  if (!isTypeName(type)) {
    throw new UsageError(
      "A type's name is words of lower-case letters, digits and hyphens with dots between them, each beginning with a letter, " +
        "100 characters at most: email.send.",
    );
  }
  const words = type.split(".");
  const verbFirst = [words.at(-1) ?? "", ...words.slice(0, -1)].join("-");
  const plainName = camelCase(verbFirst);
  const constant = TAKEN.has(plainName) ? `${plainName}Task` : plainName;
  const capital = `${constant.charAt(0).toUpperCase()}${constant.slice(1)}`;
  return {
    type,
    constant,
    handler: kind === "transaction" ? `create${capital}` : `handle${capital}`,
    files: {
      definition: `shared/tasks/${words.join("-")}.ts`,
      handler: `services/worker/handlers/${verbFirst}.ts`,
      test: `test/contract/your-handlers/${verbFirst}.test.ts`,
    },
  };
}

function camelCase(words: string): string {
  return words.replaceAll(/-+(.?)/g, (_, letter: string) => letter.toUpperCase());
}
