import type protobuf from "protobufjs/light.js";

/** How to call an RPC over HTTP, according to its proto (https://google.aip.dev/127). */
export interface HttpRule {
  readonly rpc: protobuf.Method;
  readonly httpMethod: string;
  /** Matches a path. Its one group is the value of the path's variable. */
  readonly path: RegExp;
  /** The field of the request that the path sets, for example `queue.name`. */
  readonly variable: string;
  /** The field that the body sets; `*` for the whole request, undefined for no body. */
  readonly body: string | undefined;
}

const HTTP_METHODS = ["get", "post", "put", "patch", "delete"];
const OPTION = "(google.api.http)";

/** The rules of a service, for all RPCs that have one. */
export function readHttpRules(service: protobuf.Service): readonly HttpRule[] {
  return service.methodsArray.flatMap((rpc) => {
    const option: unknown = Array.isArray(rpc.parsedOptions)
      ? rpc.parsedOptions.find((each: object) => OPTION in each)?.[OPTION]
      : undefined;
    const rule = new Map<string, unknown>(Object.entries(option ?? {}));
    const httpMethod = HTTP_METHODS.find((method) => rule.has(method));
    if (httpMethod === undefined) return [];
    const body = rule.has("body") ? String(rule.get("body")) : undefined;
    return [{ rpc, httpMethod: httpMethod.toUpperCase(), ...readTemplate(String(rule.get(httpMethod))), body }];
  });
}

const TEMPLATE = /^\/(v\d+)(\/.*?)\{([\w.]+)=([\w*/]+)\}([\w/:]*)$/;

/** Makes the version in the path optional, since firebase-admin leaves it out when it talks to an emulator. */
function readTemplate(template: string): Pick<HttpRule, "path" | "variable"> {
  const [, version, before, variable, pattern, after] = TEMPLATE.exec(template) ?? [];
  if (!variable || !pattern) throw new Error(`The path ${template} has an unknown form.`);
  const value = pattern.replaceAll("*", "[^/:]+");
  return { path: new RegExp(`^(?:/${version})?${before}(${value})${after}$`), variable };
}
