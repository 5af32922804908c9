import type { LetterFilter } from "../../../../packages/client/src/views/dead-letter.ts";
import type { ConsoleContext } from "../../http/console-env.ts";
import { textFields } from "../../http/form.ts";
import { withQuery } from "../../parts/pager.tsx";

/** The letters that a page's address selects. */
export interface ShownFilter extends LetterFilter {
  readonly status: "open" | "replayed";
}

/** The names of a filter's parts in addresses and forms. */
const FILTER_NAMES = ["status", "type", "queue", "code", "from", "to"] as const;

type FilterName = (typeof FILTER_NAMES)[number];

/** Reads the filter in a page's address. */
export function filterInQuery(context: ConsoleContext): ShownFilter {
  return filterFrom((name) => context.req.query(name));
}

/** Reads the filter in a form's hidden fields. */
export async function filterInForm(context: ConsoleContext): Promise<ShownFilter> {
  const fields = await Promise.all(
    FILTER_NAMES.map(async (name) => [name, (await textFields(context, name))[0]] as const),
  );
  const given = new Map<string, string | undefined>(fields);
  return filterFrom((name) => given.get(name));
}

/** Builds a filter from texts. Missing and empty ones don't restrict it, and every status but `replayed` is `open`. */
export function filterFrom(textOf: (name: FilterName) => string | undefined): ShownFilter {
  const given = (name: FilterName): string | undefined => textOf(name) || undefined;
  return {
    status: given("status") === "replayed" ? "replayed" : "open",
    type: given("type"),
    queue: given("queue"),
    code: given("code"),
    from: withZone(given("from")),
    to: withZone(given("to")),
  };
}

const WITHOUT_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/;

/** The time input of a form has no zone, and means UTC. */
function withZone(time: string | undefined): string | undefined {
  const parts = time === undefined ? null : WITHOUT_ZONE.exec(time);
  if (!parts) return time;
  return parts[1] === undefined ? `${time}:00Z` : `${time}Z`;
}

/** A filter as query parameters. `open` is the default status. */
export function filterQuery({ status, ...by }: ShownFilter): Readonly<Record<string, string | undefined>> {
  return { ...by, status: status === "open" ? undefined : status };
}

export const LETTERS_PATH = "/dead-letters";

/** The address of the list of matching letters. */
export function listPage(filter: ShownFilter): string {
  return withQuery(LETTERS_PATH, filterQuery(filter));
}

/** Whether a filter restricts anything besides the status. */
export function isNarrowed({ status: _status, ...by }: ShownFilter): boolean {
  return Object.values(by).some((value) => value !== undefined);
}

/** A filter as a phrase, such as `type webhook.deliver, code HTTP_500`; undefined if it restricts nothing. */
export function describeFilter({ type, queue, code, from, to }: LetterFilter): string | undefined {
  const phrases = [
    type === undefined ? [] : [`type ${type}`],
    queue === undefined ? [] : [`queue ${queue}`],
    code === undefined ? [] : [`code ${code}`],
    from === undefined ? [] : [`died at ${from} or later`],
    to === undefined ? [] : [`died before ${to}`],
  ].flat();
  return phrases.length === 0 ? undefined : phrases.join(", ");
}
