import protobuf from "protobufjs/light.js";
import { JsonBodyError, parseJsonBody } from "../../kernel/json-body.ts";
import { RpcCode, RpcError } from "../rpc-error.ts";
import { fieldNamed, jsonName } from "./field-names.ts";
import { type Json, type JsonObject, isJsonObject, keepNumberText } from "./json-value.ts";
import { type FieldViolation, badRequest, unknownName } from "./violations.ts";

/** The parts of an HTTP request that make a message, according to the method's rule. */
export interface RequestParts {
  readonly body: JsonObject;
  /** The parameters of the query that are fields of the message. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** The variables of the path, by the fields that they set. */
  readonly variables: ReadonlyMap<string, string>;
}

/**
 * Combines the parts of a request into one message: what the query says comes before the body, and the path before both.
 *
 * @returns the message as JSON, and the parameters that the message's type doesn't have.
 */
export function requestJson(
  { body, query, variables }: RequestParts,
  type: protobuf.Type,
): { readonly json: JsonObject; readonly violations: readonly FieldViolation[] } {
  const violations: FieldViolation[] = [];
  let json = body;
  for (const name of new Set(query.map(([name]) => name))) {
    const path = pathOf(name, type);
    if (path === undefined) violations.push(unboundParameter(name));
    else json = withValue(json, path, valueOf(query.filter(([other]) => other === name).map(([, value]) => value)));
  }
  for (const [field, value] of variables) json = withValue(json, field.split(".").map(jsonName), value);
  return { json, violations };
}

/**
 * Parses a body that should be an object. No body means an empty one. So does an empty string, which is what Google's
 * own client sends.
 *
 * @throws RpcError INVALID_ARGUMENT when it is not JSON or not an object.
 */
export function parseJsonObject(body: Uint8Array): JsonObject {
  if (body.length === 0) return {};
  const value = parseJson(body);
  if (value === "") return {};
  if (isJsonObject(value)) return value;
  throw badRequest([unknownName("", "", "Root element must be a message.")]);
}

function parseJson(body: Uint8Array): Json {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JSON.parse returns, with numbers revived
    return parseJsonBody(body, keepNumberText) as Json;
  } catch (error) {
    if (error instanceof JsonBodyError) throw invalidPayload(error.message);
    throw error;
  }
}

/** The body isn't JSON. */
export function invalidPayload(problem: string): RpcError {
  return new RpcError(RpcCode.INVALID_ARGUMENT, `Invalid JSON payload received. ${problem}`);
}

/** The fields that a parameter such as `queue.rateLimits.maxBurstSize` leads through. Undefined when there is none. */
function pathOf(name: string, type: protobuf.Type): string[] | undefined {
  const path: string[] = [];
  let inner: protobuf.Type | undefined = type;
  for (const part of name.split(".")) {
    const field: protobuf.Field | undefined = inner ? fieldNamed(inner, part) : undefined;
    if (!field) return undefined;
    path.push(field.name);
    const { resolvedType } = field.resolve();
    inner = resolvedType instanceof protobuf.Type && !field.repeated && !field.map ? resolvedType : undefined;
  }
  return path;
}

function unboundParameter(name: string): FieldViolation {
  const problem = `Cannot bind query parameter. Field '${name}' could not be found in request message.`;
  return unknownName("", name, problem);
}

const valueOf = (values: readonly string[]): Json => (values.length === 1 ? (values[0] ?? "") : values);

function withValue(json: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [name = "", ...rest] = path;
  if (rest.length === 0) return { ...json, [name]: value };
  const inner = Object.hasOwn(json, name) ? json[name] : undefined;
  return { ...json, [name]: withValue(inner !== undefined && isJsonObject(inner) ? inner : {}, rest, value) };
}
