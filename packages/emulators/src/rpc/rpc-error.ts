import { status } from "@grpc/grpc-js";

export { status as RpcCode };

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
  readonly code: status;
  readonly details: readonly StatusDetail[];

  constructor(code: status, message: string, details: readonly StatusDetail[] = []) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.details = details;
  }
}
