/**
 * The status codes of gRPC (https://github.com/grpc/grpc/blob/master/doc/statuscodes.md). grpc-js has them, too, but a
 * server that needs nothing else of it starts sooner without it.
 */
export const RpcCode = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** The name of a status code. */
export type RpcCodeName = keyof typeof RpcCode;

export type RpcCode = (typeof RpcCode)[RpcCodeName];

/** The name of a status code, such as `NOT_FOUND`. */
export function codeName(code: RpcCode): string {
  return NAMES.get(code) ?? String(code);
}

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(RpcCode).map(([name, code]) => [code, name]));

/** A detail of an error, as in Google's services (https://google.aip.dev/193). */
export type StatusDetail =
  | {
      readonly type: "google.rpc.BadRequest";
      readonly fieldViolations: readonly { readonly field?: string; readonly description: string }[];
    }
  | { readonly type: "google.rpc.Help"; readonly links: readonly { description: string; url: string }[] }
  | { readonly type: "google.rpc.LocalizedMessage"; readonly locale: string; readonly message: string }
  | {
      readonly type: "google.rpc.ErrorInfo";
      readonly reason: string;
      readonly domain: string;
      readonly metadata: Readonly<Record<string, string>>;
    };

/** An error for an emulator's caller: a gRPC status code, a message and details. */
export class RpcError extends Error {
  readonly code: RpcCode;
  readonly details: readonly StatusDetail[];

  constructor(code: RpcCode, message: string, details: readonly StatusDetail[] = []) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.details = details;
  }
}
