import type http from "node:http";
import type protobuf from "protobufjs/light.js";
import type { EmulatorLog } from "../kernel/emulator-log.ts";
import { type RpcHandler, countCall } from "./bind-service.ts";
import { type HttpRule, httpRulesOf } from "./http-rules.ts";
import { httpStatusOf } from "./http-status.ts";
import { loadOnce } from "./proto.ts";
import { RpcCode, RpcError, codeName } from "./rpc-error.ts";
import { readSystemParameters } from "./system-parameters.ts";

/** How a service is served over HTTP and JSON. */
export interface RestOptions {
  /** Fields whose times always have at least three decimal places, by their names in JSON. Default: none. */
  readonly fractionalTimes?: ReadonlySet<string>;
  /** What all of its paths begin with, such as `v2`. Default: they begin with several versions. */
  readonly version?: string;
  /**
   * For paths without a version: presents a response, given the RPC's name and the response of the path with one.
   * Default: such paths are not served.
   */
  readonly unversioned?: (rpc: string, response: object) => object;
}

export interface RestBinding {
  /** Loads the service, when a request may be for it. */
  readonly load: () => protobuf.Service;
  readonly methods: Readonly<Record<string, RpcHandler>>;
  readonly calls: Map<string, number>;
  readonly log?: EmulatorLog;
  readonly rest: RestOptions;
}

/** Handles a request. Returns false when it is not for a method of the service. */
export type RestSurface = (request: http.IncomingMessage, response: http.ServerResponse) => boolean;

/**
 * Serves a service over HTTP and JSON, by the rules in its proto: the same handlers and the same errors, in the form of
 * Google's REST APIs (https://google.aip.dev/193#http11json-representation).
 */
export function createRestSurface(binding: RestBinding): RestSurface {
  const { version, unversioned } = binding.rest;
  const rules = loadOnce(() => httpRulesOf(binding.load()));
  return (request, response) => {
    const url = URL.parse(request.url ?? "/", "http://emulator");
    if (!url) return false;
    const sent = decodePath(url.pathname);
    const isUnversioned = unversioned !== undefined && sent.startsWith("/projects/");
    const path = isUnversioned ? `${rules()[0]?.version ?? ""}${sent}` : sent;
    if (version !== undefined && !path.startsWith(`/${version}/`)) return false;
    const rule = rules().find(({ httpMethod, path: pattern }) => httpMethod === request.method && pattern.test(path));
    if (!rule) return false;
    void serve({ rule, path, isUnversioned, query: url.searchParams, request, response }, binding);
    return true;
  };
}

interface Exchange {
  readonly rule: HttpRule;
  readonly path: string;
  readonly isUnversioned: boolean;
  readonly query: URLSearchParams;
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
}

async function serve(exchange: Exchange, binding: RestBinding): Promise<void> {
  const { rule, query, response } = exchange;
  countCall(binding.calls, rule.rpc.name);
  try {
    const { system, fields } = readSystemParameters(query);
    const json = await answer({ ...exchange, fields }, binding, system);
    sendJson(response, { status: 200, json, isIndented: system.isIndented });
  } catch (error) {
    if (!(error instanceof RpcError)) binding.log?.error({ err: error, rpc: rule.rpc.name }, "an RPC handler failed");
    const shown = error instanceof RpcError ? error : new RpcError(RpcCode.INTERNAL, String(error));
    const isIndented = query.get("prettyPrint") !== "false" && query.get("$prettyPrint") !== "false";
    sendJson(response, { status: httpStatusOf(shown.code), json: errorJson(shown), isIndented });
  }
}

async function answer(
  exchange: Exchange & { readonly fields: readonly (readonly [string, string])[] },
  { methods, rest }: RestBinding,
  system: ReturnType<typeof readSystemParameters>["system"],
): Promise<object> {
  const { rule, path, request } = exchange;
  const { name } = rule.rpc;
  const handler = methods[name];
  if (!handler) throw new RpcError(RpcCode.UNIMPLEMENTED, `${name} is not implemented.`);
  // Loaded on the first call, since most users speak gRPC and wait for the emulator to start.
  const { createWriter, readMessage } = await import("./rest-messages.ts");
  const write = createWriter(rule, { fractionalTimes: new Set(), ...rest, ...system });
  const values = rule.path.exec(path)?.slice(1) ?? [];
  const variables = new Map(rule.variables.map((field, index) => [field, values[index] ?? ""]));
  const message = await readMessage(rule, { query: exchange.fields, variables, request });
  const reply = await handler(message, () => {
    throw new Error(`${name} is not a streaming call.`);
  });
  const json = write(reply);
  return exchange.isUnversioned && rest.unversioned ? rest.unversioned(name, json) : json;
}

/** An error in the form of Google's REST APIs (https://google.aip.dev/193#http11json-representation). */
export function errorJson({ code, message, details }: RpcError): object {
  const shown = details.map(({ type, ...detail }) => ({ "@type": `type.googleapis.com/${type}`, ...detail }));
  const error = { code: httpStatusOf(code), message, status: codeName(code) };
  return { error: shown.length === 0 ? error : { ...error, details: shown } };
}

/** Sends a response as JSON, by default with indentation and a line break at its end. */
export function sendJson(
  response: http.ServerResponse,
  { status, json, isIndented = true }: { status: number; json: object; isIndented?: boolean },
): void {
  response.writeHead(status, { "Content-Type": "application/json; charset=UTF-8" });
  response.end(isIndented ? `${JSON.stringify(json, undefined, 2)}\n` : JSON.stringify(json));
}

/** An empty path, which matches nothing, when the percent-encoding is invalid. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}
