import type * as z from "zod";

type Issue = z.core.$ZodIssue;

/** How zod's own messages begin. A schema's own message is kept, whatever it says. */
const OWN_MESSAGE =
  /^(?:Invalid (?:input|option|number|key|value|discriminator)\b|Too (?:big|small): |Unrecognized key)/;
/** The same for formats: those with rules of their own, and those with names, such as "Invalid URL". */
const OWN_RULE = /^Invalid string: must /;
const OWN_FORMAT = /^Invalid /;

const RULES: ReadonlySet<string> = new Set(["regex", "starts_with", "ends_with", "includes"]);

const TYPES: ReadonlyMap<string, string> = new Map([
  ["string", "must be a string"],
  ["number", "must be a number"],
  ["int", "must be a whole number"],
  ["boolean", "must be true or false"],
  ["array", "must be a list"],
  ["tuple", "must be a list"],
  ["object", "must be an object"],
  ["record", "must be an object"],
  ["null", "must be null"],
  ["date", "must be a date"],
  ["never", "is not allowed: leave it out"],
  ["undefined", "is not allowed: leave it out"],
  ["nonoptional", "is missing"],
]);

const FORMATS: ReadonlyMap<string, string> = new Map([
  ["email", "an e-mail address"],
  ["url", "a URL, for example https://example.com/"],
  ["uuid", "a UUID"],
  ["guid", "a UUID"],
  ["datetime", "an RFC 3339 time, for example 2030-01-31T08:00:00Z"],
  ["date", "a date, for example 2030-01-31"],
  ["time", "a time of day, for example 08:00:00"],
  ["duration", "an ISO 8601 duration, for example PT1H30M"],
  ["ipv4", "an IPv4 address"],
  ["ipv6", "an IPv6 address"],
  ["cidrv4", "a range of IPv4 addresses, for example 10.0.0.0/8"],
  ["cidrv6", "a range of IPv6 addresses, for example fd00::/8"],
  ["base64", "in base64"],
  ["base64url", "in base64url"],
  ["json_string", "JSON in a string"],
  ["lowercase", "in lower case"],
  ["uppercase", "in upper case"],
  ["e164", "a phone number such as +493012345678"],
]);

/** Kinds of values that have a size, and its units. */
const UNITS: ReadonlyMap<string, readonly [one: string, more: string]> = new Map([
  ["string", ["character", "characters"]],
  ["array", ["item", "items"]],
  ["set", ["item", "items"]],
  ["map", ["entry", "entries"]],
  ["file", ["byte", "bytes"]],
]);

/** What an issue says, as the end of a sentence that begins with the path: the schema's own message, or plain words. */
export function issueMessage(issue: Issue): string {
  return isZodsOwn(issue) ? plainMessage(issue) : issue.message;
}

function isZodsOwn(issue: Issue): boolean {
  if (issue.code !== "invalid_format") return OWN_MESSAGE.test(issue.message);
  return (RULES.has(issue.format) ? OWN_RULE : OWN_FORMAT).test(issue.message);
}

function plainMessage(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeMessage(issue);
    case "invalid_value":
      return oneOf(issue.values);
    case "too_big":
      return limitMessage(issue, issue.maximum, { least: false });
    case "too_small":
      return limitMessage(issue, issue.minimum, { least: true });
    case "invalid_format":
      return formatMessage(issue);
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_key":
      return `has a name that is not allowed: it ${firstMessage(issue.issues)}`;
    case "invalid_union":
      return unionMessage(issue);
    case "invalid_element":
      return `has an entry that is not allowed: it ${firstMessage(issue.issues)}`;
    case "unrecognized_keys":
      return `has unknown fields: leave out ${issue.keys.join(", ")}`;
    case "custom":
      return "is not valid";
  }
}

function typeMessage({ expected, message }: z.core.$ZodIssueInvalidType): string {
  if (message.endsWith("received undefined")) return "is missing";
  return TYPES.get(expected) ?? `must be of the type ${expected}`;
}

function oneOf(values: readonly unknown[]): string {
  const all = values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value)));
  return all.length <= 2 ? `must be ${all.join(" or ")}` : `must be one of ${all.join(", ")}`;
}

function limitMessage(
  { origin, inclusive = true, exact = false }: { origin: string; inclusive?: boolean; exact?: boolean },
  limit: number | bigint,
  { least }: { readonly least: boolean },
): string {
  const unit = UNITS.get(origin);
  if (unit) {
    const bound = exact ? "exactly" : least ? "at least" : "at most";
    return `must have ${bound} ${limit} ${unit[limit === 1 || limit === 1n ? 0 : 1]}`;
  }
  if (origin === "date") return `must be ${new Date(Number(limit)).toISOString()} or ${least ? "later" : "earlier"}`;
  if (!inclusive) return `must be ${least ? "more" : "less"} than ${limit}`;
  return `must be ${least ? "at least" : "at most"} ${limit}`;
}

function formatMessage({ format, ...rule }: z.core.$ZodIssueInvalidStringFormat): string {
  const valueOf = (name: string): string => JSON.stringify(Reflect.get(rule, name));
  switch (format) {
    case "regex":
      return `must match the pattern ${rule.pattern ?? ""}`.trimEnd();
    case "starts_with":
      return `must begin with ${valueOf("prefix")}`;
    case "ends_with":
      return `must end with ${valueOf("suffix")}`;
    case "includes":
      return `must contain ${valueOf("includes")}`;
    default:
      return `must be ${FORMATS.get(format) ?? `of the format ${format}`}`;
  }
}

/** For a union: its forms if all are simple, or else what is wrong with the form closest to the value. */
function unionMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  if (issue.inclusive === false) return "fits more than one of the allowed forms: it must fit just one";
  const { options = [] } = issue;
  if (options.length > 0) return oneOf(options);
  const forms: readonly (readonly Issue[])[] = issue.errors;
  const simple = forms.flatMap(([first, ...more]) => (first && more.length + first.path.length === 0 ? [first] : []));
  if (simple.length > 0 && simple.length === forms.length) return anyOf(simple.map(issueMessage));
  const deep = forms.filter((form) => form.some(({ path }) => path.length > 0));
  const [closest] = deep.toSorted((a, b) => a.length - b.length);
  return closest ? `fits none of the allowed forms: in the closest one, ${placed(closest)}` : "is not valid";
}

/** "must be a number or "any"". */
function anyOf(messages: readonly string[]): string {
  const [first = "is not valid", ...more] = new Set(messages);
  return [first, ...more.map((message) => message.replace(/^must be /, ""))].join(" or ");
}

function placed(issues: readonly Issue[]): string {
  return issues.map((issue) => `${issue.path.map(String).join(".") || "it"} ${issueMessage(issue)}`).join(", and ");
}

function firstMessage([first]: readonly Issue[]): string {
  return first ? issueMessage(first) : "is not valid";
}
