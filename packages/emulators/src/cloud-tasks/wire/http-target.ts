import type { QueueTarget, UriOverride } from "../state/queue-target.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { invalidArgument } from "../api/service-errors.ts";
import { invalidOverrides } from "./header-rules.ts";
import { HTTP_METHODS } from "./http-methods.ts";
import { tokenFromWire, tokenToWire } from "./token-wire.ts";
import type { HttpTargetReply, WireHttpTarget } from "./wire.ts";

type WireUriOverride = NonNullable<WireHttpTarget["uriOverride"]>;

/** The numbers of UriOverride.Scheme, and those of UriOverrideEnforceMode. */
const SCHEMES = 3;
const ENFORCE_MODES = 3;

/**
 * Parses the target of a queue. Its token is not checked.
 *
 * @throws RpcError INVALID_ARGUMENT in the service's words.
 */
export function parseHttpTarget(wire: WireHttpTarget): QueueTarget {
  const uri = wire.uriOverride ? parseUri(wire.uriOverride) : undefined;
  const method = Number(wire.httpMethod ?? 0);
  if (HTTP_METHODS[method] === undefined) throw invalidTarget("");
  const headers = (wire.headerOverrides ?? []).flatMap(({ header }) =>
    header ? [[header.key ?? "", header.value ?? ""] as const] : [],
  );
  const invalid = invalidOverrides(headers.map(([name]) => name));
  if (invalid.length > 0) {
    throw invalidArgument(
      `Error in parsing HttpTarget.headers. Header name cannot be empty or start with reserved prefixes. Invalid headers found: ${invalid.join(", ")}`,
    );
  }
  const token = tokenFromWire(wire);
  return {
    ...(uri ? { uri } : {}),
    ...(method === 0 ? {} : { method: HTTP_METHODS[method] }),
    headers,
    ...(token ? { token } : {}),
  };
}

function parseUri(wire: WireUriOverride): UriOverride {
  // A decoded message has defaults in its prototype even for what distinguishes them from none.
  const { scheme, host, port, pathOverride, queryOverride, uriOverrideEnforceMode }: WireUriOverride = { ...wire };
  const parts = [scheme, host, port, pathOverride, queryOverride];
  if (parts.every((part) => part === undefined || part === null)) throw invalidTarget("Invalid uri_override.");
  if (scheme !== undefined && scheme !== null && !isBelow(Number(scheme), SCHEMES)) throw invalidTarget("");
  if (typeof host === "string" && !isHost(host)) throw invalidTarget("Invalid Host.");
  if (port !== undefined && port !== null && Number(port) < 0) {
    throw invalidTarget("Port number should be a positive integer.");
  }
  const enforceMode = Number(uriOverrideEnforceMode ?? 0);
  if (!isBelow(enforceMode, ENFORCE_MODES)) throw invalidTarget("");
  return {
    ...(scheme === undefined || scheme === null ? {} : { scheme: Number(scheme) }),
    ...(typeof host === "string" ? { host } : {}),
    ...(port === undefined || port === null ? {} : { port: String(port) }),
    ...(pathOverride ? { path: pathOverride.path ?? "" } : {}),
    ...(queryOverride ? { query: queryOverride.queryParams ?? "" } : {}),
    enforceMode,
  };
}

const isBelow = (number: number, end: number): boolean => number >= 0 && number < end;

/** A bare host name or address, and nothing else of a URL. */
function isHost(host: string): boolean {
  const url = URL.parse(`http://${host}/`);
  return host !== "" && url?.host === host.toLowerCase() && url.pathname === "/" && url.username === "";
}

function invalidTarget(problem: string): RpcError {
  const metadata = { invalid_field: problem };
  const reason = "INVALID_INPUT_ON_HTTP_TARGET_OVERRIDE";
  return new RpcError(RpcCode.INVALID_ARGUMENT, `Error in parsing HttpTarget. ${problem}`, [
    { type: "google.rpc.ErrorInfo", reason, domain: "cloudtasks.googleapis.com", metadata },
  ]);
}

/** A queue's target as a reply has it. */
export function httpTargetToWire({ uri, method, headers, token }: QueueTarget): HttpTargetReply {
  return {
    ...(uri ? { uriOverride: uriToWire(uri) } : {}),
    httpMethod: method === undefined ? 0 : HTTP_METHODS.lastIndexOf(method),
    headerOverrides: headers.map(([key, value]) => ({ header: { key, value } })),
    ...tokenToWire(token),
  };
}

function uriToWire({
  scheme,
  host,
  port,
  path,
  query,
  enforceMode,
}: UriOverride): NonNullable<HttpTargetReply["uriOverride"]> {
  return {
    ...(scheme === undefined ? {} : { scheme }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(path === undefined ? {} : { pathOverride: { path } }),
    ...(query === undefined ? {} : { queryOverride: { queryParams: query } }),
    uriOverrideEnforceMode: enforceMode,
  };
}
