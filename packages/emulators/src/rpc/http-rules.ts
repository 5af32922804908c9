import type protobuf from "protobufjs/light.js";
import { jsonName } from "./json/field-names.ts";

/** How to call an RPC over HTTP, according to its proto (https://google.aip.dev/127). */
export interface HttpRule {
  readonly rpc: protobuf.Method;
  readonly httpMethod: string;
  /** What the paths begin with, such as `/v2`. */
  readonly version: string;
  /** Matches a path. Its groups are the values of the path's variables. */
  readonly path: RegExp;
  /** The fields of the request that the path sets, in the order of the groups, for example `queue.name`. */
  readonly variables: readonly string[];
  /** The field that the body sets; `*` for the whole request, undefined for no body. */
  readonly body: string | undefined;
}

const HTTP_METHODS = ["get", "post", "put", "patch", "delete"];
const OPTION = "(google.api.http)";

/** What was read, since all emulators in a process have the same services. */
const known = new WeakMap<protobuf.Service, readonly HttpRule[]>();

/** The rules of a service, for all RPCs that have one. They are read when they are first asked for. */
export function httpRulesOf(service: protobuf.Service): readonly HttpRule[] {
  const rules = known.get(service) ?? readHttpRules(service);
  known.set(service, rules);
  return rules;
}

function readHttpRules(service: protobuf.Service): readonly HttpRule[] {
  return service.methodsArray.flatMap((rpc) => {
    const option: unknown = Array.isArray(rpc.parsedOptions)
      ? rpc.parsedOptions.find((each: object) => OPTION in each)?.[OPTION]
      : undefined;
    return bindingsOf(option).flatMap((binding) => readBinding(rpc, binding));
  });
}

/** A rule and its additional bindings. */
function bindingsOf(option: unknown): Map<string, unknown>[] {
  const rule = new Map<string, unknown>(Object.entries(Object(option)));
  const additional = rule.get("additional_bindings");
  const others = additional === undefined ? [] : Array.isArray(additional) ? additional : [additional];
  return [rule, ...others.map((other: unknown) => new Map<string, unknown>(Object.entries(Object(other))))];
}

function readBinding(rpc: protobuf.Method, binding: Map<string, unknown>): HttpRule[] {
  const httpMethod = HTTP_METHODS.find((method) => binding.has(method));
  if (httpMethod === undefined) return [];
  const body = binding.has("body") ? String(binding.get("body")) : undefined;
  const template = readTemplate(String(binding.get(httpMethod)));
  return [{ rpc, httpMethod: httpMethod.toUpperCase(), ...template, body: body && jsonName(body) }];
}

const VARIABLE = /\{(?<field>[\w.]+)(?:=(?<pattern>[\w*/]+))?\}/g;

/** A segment of a path may have colons, except for the last: there, a colon begins the method's name. */
function readTemplate(template: string): Pick<HttpRule, "version" | "path" | "variables"> {
  const variables: string[] = [];
  const pattern = template.replaceAll(VARIABLE, (_variable, field: string, value: string | undefined) => {
    variables.push(field);
    return `(${value ?? "*"})`;
  });
  const [, path = "", last = ""] = /^(.*\/)([^/]*)$/.exec(pattern) ?? [];
  const version = /^\/v\w+/.exec(template)?.[0] ?? "";
  return {
    version,
    variables,
    path: new RegExp(`^${path.replaceAll("*", "[^/]+")}${last.replaceAll("*", "[^/:]+")}$`),
  };
}
