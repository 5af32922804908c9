import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { RpcCode } from "../rpc/rpc-error.ts";
import { type RequestHead, refuseForeignHost, refuseForeignPage } from "./foreign-request.ts";

/**
 * The same guard for gRPC calls. No browser speaks cleartext HTTP/2, so this only makes sure that both ways into an
 * emulator follow one rule.
 *
 * @param allowedNames as `parseHostName` returns them.
 */
export function grpcGuard(allowedNames: ReadonlySet<string>): ServerInterceptor {
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, pass) {
            // HTTP/2 has an authority instead of a Host header. A caller that sends both must mean the same by them.
            const hosts = [...new Set([call.getHost(), ...metadata.get("host").map(String)])];
            const head: RequestHead = {
              target: "",
              header: (name) => (name === "host" ? hosts : metadata.get(name).map(String)),
            };
            const refusal = refuseForeignHost(head, allowedNames) ?? refuseForeignPage(head, "http");
            if (refusal) call.sendStatus({ code: RpcCode.PERMISSION_DENIED, details: refusal.detail });
            else pass(metadata);
          },
        });
      },
    });
}
