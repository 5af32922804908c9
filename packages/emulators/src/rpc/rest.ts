import type http from "node:http";
import type protobuf from "protobufjs/light.js";
import type { EmulatorLog } from "../kernel/emulator-log.ts";
import { type RpcHandler, countCall } from "./bind-service.ts";
import { type HttpRule, readHttpRules } from "./http-rules.ts";
import { httpStatusOf } from "./http-status.ts";
import { RpcCode, RpcError } from "./rpc-error.ts";

export interface RestBinding {
  readonly service: protobuf.Service;
  readonly methods: Readonly<Record<string, RpcHandler>>;
  readonly calls: Map<string, number>;
  readonly log?: EmulatorLog;
}

/** Handles a request. Returns false when it is not for a method of the service. */
export type RestSurface = (request: http.IncomingMessage, response: http.ServerResponse) => boolean;

/**
 * Serves a service over HTTP and JSON, by the rules in its proto: the same handlers and the same errors, in the form of
 * Google's REST APIs (https://google.aip.dev/193#http11json-representation).
 */
export function createRestSurface(binding: RestBinding): RestSurface {
  const rules = readHttpRules(binding.service);
  return (request, response) => {
    const url = URL.parse(request.url ?? "/", "http://emulator");
    if (!url) return false;
    const path = decodePath(url.pathname);
    const rule = rules.find(({ httpMethod, path: pattern }) => httpMethod === request.method && pattern.test(path));
    if (!rule) return false;
    void serve({ rule, path, url, request, response }, binding);
    return true;
  };
}

interface Exchange {
  readonly rule: HttpRule;
  readonly path: string;
  readonly url: URL;
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
}

async function serve(exchange: Exchange, { methods, calls, log }: RestBinding): Promise<void> {
  const { rule, path, url, request, response } = exchange;
  const { name } = rule.rpc;
  countCall(calls, name);
  try {
    const handler = methods[name];
    if (!handler) throw new RpcError(RpcCode.UNIMPLEMENTED, `${name} is not implemented.`);
    // Loaded on the first call, since most users speak gRPC and wait for the emulator to start.
    const { readMessage, writeMessage } = await import("./rest-messages.ts");
    const { searchParams: query } = url;
    const message = await readMessage(rule, { query, pathValue: rule.path.exec(path)?.[1] ?? "", request });
    const reply = await handler(message, () => {
      throw new Error(`${name} is not a streaming call.`);
    });
    send(response, 200, writeMessage(rule, reply, query));
  } catch (error) {
    if (!(error instanceof RpcError)) log?.error({ err: error, rpc: name }, "an RPC handler failed");
    const shown = error instanceof RpcError ? error : new RpcError(RpcCode.INTERNAL, String(error));
    send(response, httpStatusOf(shown.code), errorJson(shown));
  }
}

function errorJson({ code, message, details }: RpcError): object {
  const shown = details.map(({ type, ...detail }) => ({ "@type": `type.googleapis.com/${type}`, ...detail }));
  const error = { code: httpStatusOf(code), message, status: RpcCode[code] };
  return { error: shown.length === 0 ? error : { ...error, details: shown } };
}

function send(response: http.ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json; charset=UTF-8" });
  response.end(`${JSON.stringify(json, undefined, 2)}\n`);
}

/** An empty path, which matches nothing, when the percent-encoding is invalid. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}
