import { RpcCode, RpcError } from "./rpc-error.ts";

/** Parameters of every method in Google's APIs, which are not fields (https://cloud.google.com/apis/docs/system-parameters). */
export interface SystemParameters {
  /** A selection of the response's fields. Undefined for all. */
  readonly fields: string | undefined;
  /** Whether the response has indentation and line breaks. */
  readonly isIndented: boolean;
  /** Whether enums are numbers rather than names. */
  readonly numericEnums: boolean;
}

const NAMES = new Set([
  "$alt",
  "$callback",
  "$ct",
  "$fields",
  "$key",
  "$prettyPrint",
  "$userProject",
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
  "upload_protocol",
]);

/**
 * Separates the system parameters of a query from its fields.
 *
 * @throws RpcError INVALID_ARGUMENT for a response format other than JSON.
 */
export function readSystemParameters(query: URLSearchParams): {
  readonly system: SystemParameters;
  readonly fields: readonly (readonly [name: string, value: string])[];
} {
  const [format, ...settings] = (query.get("$alt") ?? query.get("alt") ?? "json").split(";");
  if (format !== "json") {
    throw new RpcError(RpcCode.INVALID_ARGUMENT, `Invalid value "${format}" for query parameter 'alt'`);
  }
  const pretty = query.get("$prettyPrint") ?? query.get("prettyPrint");
  return {
    system: {
      fields: query.get("$fields") || query.get("fields") || undefined,
      isIndented: pretty !== "false" && pretty !== "0",
      numericEnums: settings.includes("enum-encoding=int"),
    },
    fields: [...query].filter(([name]) => !NAMES.has(name)),
  };
}
