import { RpcCode, codeName } from "../../../rpc/rpc-error.ts";
import type { Delivered } from "../../testing/delivered.ts";

/** What the next delivery's header says of one without a response. 504 for a timeout was recorded, 503 is a guess. */
const PREVIOUS_WITHOUT_RESPONSE = { timeout: 504, unreachable: 503 } as const;

/** The next delivery's X-CloudTasks-TaskPreviousResponse. */
export function previousStatus(delivered: Exclude<Delivered, { kind: "aborted" }>): number {
  return delivered.kind === "answered" ? delivered.status : PREVIOUS_WITHOUT_RESPONSE[delivered.kind];
}

/** Whether a delivery completes its task. */
export function isSuccess(delivered: Delivered): boolean {
  return delivered.kind === "answered" && delivered.status >= 200 && delivered.status <= 299;
}

/** The status code in `Task.last_attempt`, as recorded. */
const CODE_WITHOUT_RESPONSE = { timeout: 504, unreachable: 0 } as const;

/** A delivery as the google.rpc.Status of `Task.last_attempt`, for example "INTERNAL(13): HTTP status code 500". */
export function responseStatus(delivered: Exclude<Delivered, { kind: "aborted" }>): { code: number; message: string } {
  const status = delivered.kind === "answered" ? delivered.status : CODE_WITHOUT_RESPONSE[delivered.kind];
  const code = isSuccess(delivered) ? RpcCode.OK : rpcCode(status);
  return { code, message: `${codeName(code)}(${code}): HTTP status code ${status}` };
}

/** All of these are recorded, and those of whole ranges for several statuses each. */
function rpcCode(status: number): RpcCode {
  const known = CODE_BY_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 400 && status <= 499) return RpcCode.FAILED_PRECONDITION;
  return status >= 500 && status <= 599 ? RpcCode.INTERNAL : RpcCode.UNKNOWN;
}

const CODE_BY_STATUS = new Map([
  [400, RpcCode.INVALID_ARGUMENT],
  [401, RpcCode.UNAUTHENTICATED],
  [403, RpcCode.PERMISSION_DENIED],
  [404, RpcCode.NOT_FOUND],
  [409, RpcCode.ABORTED],
  [429, RpcCode.RESOURCE_EXHAUSTED],
  [499, RpcCode.CANCELLED],
  [501, RpcCode.UNIMPLEMENTED],
  [503, RpcCode.UNAVAILABLE],
  [504, RpcCode.DEADLINE_EXCEEDED],
]);
