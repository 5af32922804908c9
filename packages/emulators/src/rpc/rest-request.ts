import protobuf from "protobufjs/light.js";
import { z } from "zod";
import { JsonBodyError, parseJsonBody } from "../kernel/json-body.ts";
import type { HttpRule } from "./http-rules.ts";
import { RpcCode, RpcError } from "./rpc-error.ts";

type JsonValue = z.core.util.JSONType;
type Json = Record<string, JsonValue>;

/** The values come from a JSON parser, so none of them is looked at again. */
const jsonObject = z.record(z.string(), z.custom<JsonValue>());

/** Parameters of every method in Google's APIs, which are not fields (https://cloud.google.com/apis/docs/system-parameters). */
const SYSTEM_PARAMETERS = new Set([
  "$alt",
  "$fields",
  "$prettyPrint",
  "$.xgafv",
  "access_token",
  "alt",
  "callback",
  "fields",
  "key",
  "oauth_token",
  "prettyPrint",
  "quotaUser",
  "uploadType",
]);

/** The parts of an HTTP request that a rule refers to. */
export interface RestRequest {
  readonly query: URLSearchParams;
  /** The value of the path's variable. */
  readonly pathValue: string;
  readonly body: Uint8Array;
}

/**
 * The request's message as JSON: body, query and path, combined according to the rule.
 *
 * @throws RpcError INVALID_ARGUMENT for a body that is not JSON, and for names that the request's type doesn't have.
 */
export function requestJson(rule: HttpRule, { query, pathValue, body }: RestRequest): Json {
  const { rpc, body: bodyField } = rule;
  const given = bodyField === undefined ? {} : parseBody(body);
  const json: Json = bodyField === undefined || bodyField === "*" ? given : { [bodyField]: given };
  for (const [name, value] of query) {
    if (!SYSTEM_PARAMETERS.has(name)) setField(json, name, isEnumNumber(rpc, name, value) ? Number(value) : value);
  }
  setField(json, rule.variable, pathValue);
  if (rpc.resolvedRequestType) refuseUnknownNames(json, rpc.resolvedRequestType, "");
  return json;
}

/** A query is text, so an enum's number must be told from an enum's name. */
function isEnumNumber(rpc: protobuf.Method, name: string, value: string): boolean {
  const field = rpc.resolvedRequestType?.fields[name];
  return /^\d+$/.test(value) && field?.resolve().resolvedType instanceof protobuf.Enum;
}

/** No body means an empty message. So does an empty string, which is what Google's own client sends. */
function parseBody(body: Uint8Array): Json {
  if (body.length === 0) return {};
  try {
    const value = parseJsonBody(body);
    const parsed = jsonObject.safeParse(value === "" ? {} : value);
    if (parsed.success) return parsed.data;
  } catch (error) {
    if (error instanceof JsonBodyError) throw invalidPayload(error.message);
    throw error;
  }
  throw invalidPayload("Root element must be a message.");
}

function setField(json: Json, path: string, value: string | number): void {
  const names = path.split(".");
  const last = names.pop() ?? path;
  let at = json;
  for (const name of names) {
    const next = Object.hasOwn(at, name) ? at[name] : undefined;
    const inner: Json = isObject(next) ? next : {};
    at[name] = inner;
    at = inner;
  }
  at[last] = value;
}

function refuseUnknownNames(json: Json, type: protobuf.Type, place: string): void {
  // Durations, timestamps and the like are text.
  if (type.fullName.startsWith(".google.protobuf.")) return;
  for (const [name, value] of Object.entries(json)) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
    if (!field) {
      const at = place === "" ? "" : ` at '${place}'`;
      throw invalidPayload(`Unknown name "${name}"${at}: Cannot find field.`);
    }
    const inner = field.resolve().resolvedType;
    if (field.map || !inner || !("fields" in inner)) continue;
    const path = place === "" ? name : `${place}.${name}`;
    const values = Array.isArray(value) ? value : [value];
    for (const item of values) if (isObject(item)) refuseUnknownNames(item, inner, path);
  }
}

function isObject(value: JsonValue | undefined): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The body or the query is not a valid request. */
export function invalidPayload(problem: string): RpcError {
  return new RpcError(RpcCode.INVALID_ARGUMENT, `Invalid JSON payload received. ${problem}`);
}
