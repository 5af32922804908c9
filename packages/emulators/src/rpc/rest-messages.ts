import type http from "node:http";
import { fromProto3JSON, toProto3JSON } from "proto3-json-serializer";
import type protobuf from "protobufjs/light.js";
import type { HttpRule } from "./http-rules.ts";
import { invalidPayload, requestJson } from "./rest-request.ts";
import type { WireMessage } from "./wire-message.ts";

/** As much as gRPC accepts. The methods themselves limit what is in it. */
const MOST_BODY_BYTES = 12 * 1024 * 1024;

/**
 * Parses a request into its message, in the form that gRPC delivers.
 *
 * @throws RpcError INVALID_ARGUMENT when it can't be parsed.
 */
export async function readMessage(
  rule: HttpRule,
  given: { readonly query: URLSearchParams; readonly pathValue: string; readonly request: http.IncomingMessage },
): Promise<WireMessage> {
  const json = requestJson(rule, { ...given, body: await readBody(given.request) });
  const type = resolved(rule.rpc).request;
  try {
    return type.decode(type.encode(fromProto3JSON(type, json) ?? {}).finish());
  } catch (error) {
    throw invalidPayload(error instanceof Error ? error.message : String(error));
  }
}

async function readBody(request: http.IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) throw invalidPayload(`It has more than ${MOST_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A handler's reply as JSON. Enums are names, or numbers if the query asks for them. */
export function writeMessage(rule: HttpRule, reply: unknown, query: URLSearchParams): unknown {
  const type = resolved(rule.rpc).response;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- handlers return what protobufjs can encode
  const message = type.decode(type.encode(reply as object).finish());
  leaveOutDefaults(message, type);
  return toProto3JSON(message, { numericEnums: (query.get("$alt") ?? "").includes("enum-encoding=int") });
}

/** JSON leaves out default values (https://protobuf.dev/programming-guides/json/#presence). */
function leaveOutDefaults(message: protobuf.Message, type: protobuf.Type): void {
  for (const { name, defaultValue, resolvedType } of type.fieldsArray) {
    if (!resolvedType && Reflect.get(message, name) === defaultValue) Reflect.deleteProperty(message, name);
  }
}

function resolved(rpc: protobuf.Method): { request: protobuf.Type; response: protobuf.Type } {
  rpc.resolve();
  const { resolvedRequestType: request, resolvedResponseType: response } = rpc;
  if (!request || !response) throw new Error(`The types of ${rpc.name} are not among the loaded protos.`);
  return { request, response };
}
