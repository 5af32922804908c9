import { RpcCode } from "../../../rpc/rpc-error.ts";
import type { Delivered } from "../../testing/delivered.ts";

/** The status that a delivery without a response counts as. 504 for a timeout was recorded, 503 is a guess. */
const STATUS_WITHOUT_RESPONSE = { timeout: 504, unreachable: 503 } as const;

/** The next delivery's X-CloudTasks-TaskPreviousResponse. */
export function previousStatus(delivered: Exclude<Delivered, { kind: "aborted" }>): number {
  return delivered.kind === "answered" ? delivered.status : STATUS_WITHOUT_RESPONSE[delivered.kind];
}

/** Whether a delivery completes its task. */
export function isSuccess(delivered: Delivered): boolean {
  return delivered.kind === "answered" && delivered.status >= 200 && delivered.status <= 299;
}

/** A delivery as the google.rpc.Status of `Task.last_attempt`. */
export function responseStatus(delivered: Exclude<Delivered, { kind: "aborted" }>): { code: number; message: string } {
  if (delivered.kind === "timeout")
    return rpcStatus(RpcCode.DEADLINE_EXCEEDED, "no response within the dispatch deadline");
  if (delivered.kind === "unreachable") return rpcStatus(RpcCode.UNAVAILABLE, delivered.reason);
  const code = isSuccess(delivered) ? RpcCode.OK : (CODE_BY_STATUS.get(delivered.status) ?? RpcCode.UNKNOWN);
  return rpcStatus(code, `HTTP status code ${delivered.status}`);
}

/** In the service's form, for example "INTERNAL(13): HTTP status code 500". */
function rpcStatus(code: RpcCode, text: string): { code: number; message: string } {
  return { code, message: `${RpcCode[code]}(${code}): ${text}` };
}

/** The usual mapping (https://cloud.google.com/apis/design/errors#handling_errors). */
const CODE_BY_STATUS = new Map([
  [400, RpcCode.INVALID_ARGUMENT],
  [401, RpcCode.UNAUTHENTICATED],
  [403, RpcCode.PERMISSION_DENIED],
  [404, RpcCode.NOT_FOUND],
  [409, RpcCode.ABORTED],
  [429, RpcCode.RESOURCE_EXHAUSTED],
  [499, RpcCode.CANCELLED],
  [500, RpcCode.INTERNAL],
  [501, RpcCode.UNIMPLEMENTED],
  [503, RpcCode.UNAVAILABLE],
  [504, RpcCode.DEADLINE_EXCEEDED],
]);
