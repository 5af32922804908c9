import { RpcCode } from "./rpc-error.ts";

/** The HTTP status of each gRPC code (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto). */
const HTTP_STATUS = new Map<RpcCode, number>([
  [RpcCode.OK, 200],
  [RpcCode.CANCELLED, 499],
  [RpcCode.UNKNOWN, 500],
  [RpcCode.INVALID_ARGUMENT, 400],
  [RpcCode.DEADLINE_EXCEEDED, 504],
  [RpcCode.NOT_FOUND, 404],
  [RpcCode.ALREADY_EXISTS, 409],
  [RpcCode.PERMISSION_DENIED, 403],
  [RpcCode.RESOURCE_EXHAUSTED, 429],
  [RpcCode.FAILED_PRECONDITION, 400],
  [RpcCode.ABORTED, 409],
  [RpcCode.OUT_OF_RANGE, 400],
  [RpcCode.UNIMPLEMENTED, 501],
  [RpcCode.INTERNAL, 500],
  [RpcCode.UNAVAILABLE, 503],
  [RpcCode.DATA_LOSS, 500],
  [RpcCode.UNAUTHENTICATED, 401],
]);

/** The HTTP status of a gRPC code in Google's APIs. */
export function httpStatusOf(code: RpcCode): number {
  return HTTP_STATUS.get(code) ?? 500;
}
