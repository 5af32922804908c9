import { RpcCode, RpcError } from "../rpc-error.ts";

/** What is wrong with one field of a request. */
export interface FieldViolation {
  /** The field's path in the proto's spelling, such as `task.http_request`. Empty for the request itself. */
  readonly field: string;
  readonly description: string;
}

/** A name that a message doesn't have, or has in another form. In the words of Google's APIs. */
export function unknownName(place: string, name: string, problem: string): FieldViolation {
  const at = place === "" ? "" : ` at '${place}'`;
  return { field: place, description: `Invalid JSON payload received. Unknown name "${name}"${at}: ${problem}` };
}

/**
 * A value that its field can't have.
 *
 * @param wanted the type, such as `TYPE_INT32`.
 * @param problem the value, or what is wrong with it.
 */
export function invalidValue(place: string, wanted: string, problem: string): FieldViolation {
  const at = place === "" ? "" : ` at '${place}'`;
  return { field: place, description: `Invalid value${at} (${wanted}), ${problem}` };
}

/** INVALID_ARGUMENT with one line for each violation, and a detail that lists them. */
export function badRequest(violations: readonly FieldViolation[]): RpcError {
  const message = violations.map(({ description }) => description).join("\n");
  const fieldViolations = violations.map(({ field, description }) =>
    field === "" ? { description } : { field, description },
  );
  return new RpcError(RpcCode.INVALID_ARGUMENT, message, [{ type: "google.rpc.BadRequest", fieldViolations }]);
}
