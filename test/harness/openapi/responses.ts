import { type ApiDocument, type DocumentedResponse, type Operation, type Schema, resolve, step } from "./document.ts";
import { type Checked, problemsBy } from "./json-schema.ts";

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What the document doesn't describe about a response; nothing if it is fully described. */
export type CheckResponse = (operation: Operation, response: ApiResponse) => string | undefined;

const PROBLEM = "application/problem+json";

/** Makes a check of responses. A field that the schema doesn't name is undescribed, even if the schema allows it. */
export function responseCheckOf(document: ApiDocument): CheckResponse {
  const problemsAt = problemsBy(closed(document));
  return (operation, { status, headers, text }) => {
    const documented = operation.responses[status];
    if (!documented) return `responds ${status}, which isn't described: ${text}`;
    const { content } = documented.$ref === undefined ? documented : resolve(document, documented.$ref);
    const type = headers.get("content-type")?.split(";")[0] ?? "";
    if (!content) return text === "" ? undefined : `responds ${status} with a body, though none is described`;
    if (!content[type]) return `responds ${status} with the type ${type}, which isn't described`;
    const at = documented.$ref?.slice(1) ?? `${operation.at}/responses/${status}`;
    const problems = problemsAt(`${at}/content/${step(type)}/schema`)(JSON.parse(text));
    return problems === "" ? undefined : `responds ${status} with a body off its schema (${problems}): ${text}`;
  };
}

/** What is wrong with the response to a method that a path doesn't support. */
export function problemOfRefusedMethod(
  { status, headers, text }: ApiResponse,
  allowed: readonly string[],
  { problemsAt }: Checked,
): string | undefined {
  if (status !== 405) return `responds ${status} rather than 405`;
  const allow = (headers.get("allow") ?? "").split(", ").toSorted().join();
  const expected = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).toSorted();
  if (allow !== expected.join()) return `has the header Allow: ${allow}, not ${expected.join()}`;
  if (headers.get("content-type") !== PROBLEM) return `responds with the type ${headers.get("content-type")}`;
  const problems = problemsAt("/components/schemas/Problem")(JSON.parse(text));
  return problems === "" ? undefined : `responds with a problem off its schema: ${problems}`;
}

/** The document, with response schemas that allow only the fields that they name. */
function closed(document: ApiDocument): object {
  const { paths, components } = document;
  const close = (value: unknown): unknown => closedSchema(value, { isPart: false });
  const closeResponse = (response: DocumentedResponse): unknown => mapKey(response, "schema", close);
  return {
    ...document,
    paths: mapValues(paths, (methods) =>
      mapValues(methods, (operation) => ({ ...operation, responses: mapValues(operation.responses, closeResponse) })),
    ),
    components: {
      schemas: components.schemas,
      closed: mapValues(components.schemas, close),
      responses: mapValues(components.responses, closeResponse),
    },
  };
}

/** `isPart` is set in an `allOf`, whose parts know only some of the fields. */
function closedSchema(value: unknown, { isPart }: { readonly isPart: boolean }): unknown {
  if (Array.isArray(value)) return value.map((item) => closedSchema(item, { isPart }));
  if (!isSchema(value)) return value;
  const { $ref, allOf, ...rest } = value;
  const parts = Object.entries(rest).map(([key, part]) => {
    return [
      key,
      key === "properties"
        ? mapValues(Object(part), (each) => closedSchema(each, { isPart: false }))
        : closedSchema(part, { isPart: false }),
    ];
  });
  const hasFields = value.properties !== undefined || allOf !== undefined;
  return {
    ...Object.fromEntries(parts),
    ...($ref === undefined || isPart ? {} : { $ref: $ref.replace("/schemas/", "/closed/") }),
    ...($ref !== undefined && isPart ? { $ref } : {}),
    ...(allOf ? { allOf: closedSchema(allOf, { isPart: true }) } : {}),
    ...(hasFields && !isPart && value.additionalProperties === undefined ? { unevaluatedProperties: false } : {}),
  };
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null;
}

function mapValues<From, To>(from: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}

function mapKey(value: unknown, name: string, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapKey(item, name, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, key === name ? change(part) : mapKey(part, name, change)]),
  );
}
