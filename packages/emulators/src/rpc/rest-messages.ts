import type http from "node:http";
import type protobuf from "protobufjs/light.js";
import type { HttpRule } from "./http-rules.ts";
import { parseFields } from "./json/partial-response.ts";
import { readMessage as readJson } from "./json/read-message.ts";
import { invalidPayload, parseJsonObject, requestJson } from "./json/request-json.ts";
import { badRequest } from "./json/violations.ts";
import { writeMessage as writeJson } from "./json/write-message.ts";
import type { SystemParameters } from "./system-parameters.ts";
import type { WireMessage } from "./wire-message.ts";

/** As much as gRPC accepts. The methods themselves limit what is in it. */
const MAX_BODY_BYTES = 12 * 1024 * 1024;

/**
 * Parses a request into its message, in the form that gRPC delivers.
 *
 * @param given.query the parameters that are not system parameters.
 * @throws RpcError INVALID_ARGUMENT when it can't be parsed.
 */
export async function readMessage(
  rule: HttpRule,
  given: {
    readonly query: readonly (readonly [name: string, value: string])[];
    readonly variables: ReadonlyMap<string, string>;
    readonly request: http.IncomingMessage;
  },
): Promise<WireMessage> {
  const { request: type } = resolved(rule.rpc);
  const sent = rule.body === undefined ? {} : parseJsonObject(await readBody(given.request));
  const body = rule.body === undefined || rule.body === "*" ? sent : { [rule.body]: sent };
  const { json, violations } = requestJson({ ...given, body }, type);
  const read = readJson(json, type);
  const wrong = [...violations, ...read.violations];
  if (wrong.length > 0) throw badRequest(wrong);
  return type.decode(type.encode(read.message).finish());
}

/**
 * Reads a request's whole body.
 *
 * @throws RpcError INVALID_ARGUMENT when it has more than 12 MiB.
 */
export async function readBody(request: http.IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw invalidPayload(`It has more than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Creates what presents a handler's reply as JSON.
 *
 * @param options.fractionalTimes fields whose times always have decimal places.
 * @throws RpcError INVALID_ARGUMENT when the request selects fields that the reply can't have.
 */
export function createWriter(
  rule: HttpRule,
  options: SystemParameters & { readonly fractionalTimes: ReadonlySet<string> },
): (reply: unknown) => object {
  const { response: type } = resolved(rule.rpc);
  const select = options.fields === undefined ? undefined : parseFields(options.fields, type);
  return (reply) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- handlers return what protobufjs can encode
    const message = type.decode(type.encode(reply as object).finish());
    const json = writeJson(message, type, options);
    return select ? select(json) : json;
  };
}

function resolved(rpc: protobuf.Method): { request: protobuf.Type; response: protobuf.Type } {
  rpc.resolve();
  const { resolvedRequestType: request, resolvedResponseType: response } = rpc;
  if (!request || !response) throw new Error(`The types of ${rpc.name} are not among the loaded protos.`);
  return { request, response };
}
