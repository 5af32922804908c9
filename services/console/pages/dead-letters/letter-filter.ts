import type { LetterFilter } from "../../../../packages/client/src/views/dead-letter.ts";
import type { ConsoleContext } from "../../http/console-env.ts";
import { textFields } from "../../http/form.ts";
import { withQuery } from "../../parts/pager.tsx";

/** Which letters a page is about, as its address says. */
export interface ShownFilter extends LetterFilter {
  readonly status: "open" | "replayed";
}

/** The names under which addresses and forms have a filter. */
const FILTER_NAMES = ["status", "type", "queue", "code", "from", "to"] as const;

type FilterName = (typeof FILTER_NAMES)[number];

/** The filter of a page's address. */
export function filterInQuery(context: ConsoleContext): ShownFilter {
  return filterFrom((name) => context.req.query(name));
}

/** The filter that a form has in hidden fields. */
export async function filterInForm(context: ConsoleContext): Promise<ShownFilter> {
  const fields = await Promise.all(
    FILTER_NAMES.map(async (name) => [name, (await textFields(context, name))[0]] as const),
  );
  const given = new Map<string, string | undefined>(fields);
  return filterFrom((name) => given.get(name));
}

/** A filter from its texts. What is missing or empty doesn't narrow it, and every status but `replayed` is `open`. */
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

/** What a form's field for times gives has no zone, and means UTC. */
function withZone(time: string | undefined): string | undefined {
  const parts = time === undefined ? null : WITHOUT_ZONE.exec(time);
  if (!parts) return time;
  return parts[1] === undefined ? `${time}:00Z` : `${time}Z`;
}

/** What an address says of a filter. The open ones need no word. */
export function filterQuery({ status, ...by }: ShownFilter): Readonly<Record<string, string | undefined>> {
  return { ...by, status: status === "open" ? undefined : status };
}

export const LETTERS_PATH = "/dead-letters";

/** The list of the letters that fit. */
export function listPage(filter: ShownFilter): string {
  return withQuery(LETTERS_PATH, filterQuery(filter));
}

/** Whether a filter leaves any letter out, but for its status. */
export function isNarrowed({ status: _status, ...by }: ShownFilter): boolean {
  return Object.values(by).some((value) => value !== undefined);
}

/** A filter as a phrase, such as `type webhook.deliver, code HTTP_500`; undefined if it leaves nothing out. */
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
