import * as fc from "fast-check";
import { type Operation, step } from "./document.ts";
import type { Checked } from "./json-schema.ts";
import { type ParameterText, rightTexts, wrongTexts } from "./parameters.ts";
import { changed, changes, valuesOf } from "./values.ts";

/** The defects that a request can have. */
export const DEFECTS = [
  "none",
  "body",
  "no JSON",
  "another media type",
  "unknown parameter",
  "repeated parameter",
  "parameter",
  "header",
] as const;

export type Defect = (typeof DEFECTS)[number];

/** A request to an operation. */
export interface ApiRequest {
  /** Which of the known values each path parameter gets. */
  readonly places: number;
  readonly query: readonly ParameterText[];
  readonly headers: readonly ParameterText[];
  readonly body?: string | undefined;
}

type Requests = fc.Arbitrary<ApiRequest>;

const JSON_TYPE: ParameterText = ["content-type", "application/json"];

/** The requests of an operation with a defect; undefined if it can't have this one. */
export function requestsOf(operation: Operation, defect: Defect, checked: Checked): Requests | undefined {
  const right = rightRequests(operation, checked);
  const hasQuery = operation.parameters?.some((parameter) => parameter.in === "query") === true;
  const hasBody = operation.requestBody !== undefined;
  const withBody = (bodies: fc.Arbitrary<string>, type: ParameterText): Requests =>
    fc.tuple(right, bodies).map(([each, body]) => ({ ...each, body, headers: [...withoutType(each.headers), type] }));
  switch (defect) {
    case "none":
      return right;
    case "body":
      return hasBody ? withBody(wrongBodies(operation, checked), JSON_TYPE) : undefined;
    case "no JSON":
      return hasBody ? withBody(fc.constantFrom("{", "nil", "{} {}", "\0"), JSON_TYPE) : undefined;
    case "another media type":
      return hasBody ? withBody(fc.constant("{}"), ["content-type", "text/plain"]) : undefined;
    case "unknown parameter":
      return hasQuery ? right.map((each) => ({ ...each, query: [...each.query, ["surplus", "1"]] })) : undefined;
    case "repeated parameter": {
      const some = hasQuery ? right.filter(({ query }) => query.length > 0) : undefined;
      return some?.map((each) => ({ ...each, query: [...each.query, ...each.query] }));
    }
    case "parameter":
      return withWrong("query", { right, operation, checked });
    case "header":
      return withWrong("headers", { right, operation, checked });
  }
}

function withoutType(headers: readonly ParameterText[]): readonly ParameterText[] {
  return headers.filter(([name]) => name !== JSON_TYPE[0]);
}

/** One parameter has a text that its schema forbids. */
function withWrong(
  where: "query" | "headers",
  on: { readonly right: Requests; readonly operation: Operation; readonly checked: Checked },
): Requests | undefined {
  const texts = wrongTexts(on.operation, where === "query" ? "query" : "header", on.checked);
  return (
    texts &&
    fc.tuple(on.right, texts).map(([each, wrong]) => {
      return { ...each, [where]: [...each[where].filter(([name]) => name !== wrong[0]), wrong] };
    })
  );
}

function rightRequests(operation: Operation, checked: Checked): Requests {
  const { requestBody } = operation;
  const isRight = bodyCheck(operation, checked);
  const bodies = bodiesOf(operation, checked).filter(isRight);
  const texts = bodies.map((body) => JSON.stringify(body));
  const body = requestBody?.required === true ? texts : fc.option(texts, { nil: undefined });
  return fc
    .record({
      places: fc.nat(),
      query: rightTexts(operation, "query", checked),
      headers: rightTexts(operation, "header", checked),
      body: requestBody ? body : fc.constant(undefined),
    })
    .map((each) => (each.body === undefined ? each : { ...each, headers: [...each.headers, JSON_TYPE] }));
}

function wrongBodies(operation: Operation, checked: Checked): fc.Arbitrary<string> {
  const isRight = bodyCheck(operation, checked);
  return fc
    .tuple(bodiesOf(operation, checked), fc.option(changes, { nil: undefined, freq: 2 }))
    .map(([body, change]) => (change ? changed(body, change) : body))
    .filter((body) => !isRight(body))
    .map((body) => JSON.stringify(body));
}

const CONTENT = `/requestBody/content/${step("application/json")}/schema`;

/** Bodies that the schema allows, or almost allows, and the example. */
function bodiesOf({ requestBody }: Operation, { document }: Checked): fc.Arbitrary<unknown> {
  const content = requestBody?.content["application/json"];
  if (!content) return fc.constant(undefined);
  const values = valuesOf(content.schema, document);
  return content.example === undefined ? values : fc.oneof(values, fc.constant(content.example));
}

function bodyCheck({ requestBody, at }: Operation, { problemsAt }: Checked): (body: unknown) => boolean {
  if (!requestBody) return () => true;
  const problems = problemsAt(`${at}${CONTENT}`);
  return (body) => problems(body) === "";
}
