import type protobuf from "protobufjs/light.js";

/** How one RPC is asked for over HTTP, as its proto says (https://google.aip.dev/127). */
export interface HttpRule {
  readonly rpc: protobuf.Method;
  readonly httpMethod: string;
  /** Matches a path; its one group is the value of the variable in it. */
  readonly path: RegExp;
  /** The request's field that the path gives, for example `queue.name`. */
  readonly variable: string;
  /** The field that the body is; `*` when it is the whole request, undefined when there is none. */
  readonly body: string | undefined;
}

const HTTP_METHODS = ["get", "post", "put", "patch", "delete"];
const OPTION = "(google.api.http)";

/** The rules of all RPCs of a service that have one. */
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

/** The version may be left out of the path: firebase-admin does, when it talks to an emulator. */
function readTemplate(template: string): Pick<HttpRule, "path" | "variable"> {
  const [, version, before, variable, pattern, after] = TEMPLATE.exec(template) ?? [];
  if (!variable || !pattern) throw new Error(`The path ${template} is of a form that is not known here.`);
  const value = pattern.replaceAll("*", "[^/:]+");
  return { path: new RegExp(`^(?:/${version})?${before}(${value})${after}$`), variable };
}
