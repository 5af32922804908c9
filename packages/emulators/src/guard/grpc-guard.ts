import type { Metadata } from "@grpc/grpc-js";
import { type RequestHead, refuseForeignHost, refuseForeignPage } from "./foreign-request.ts";

/**
 * The same guard for gRPC calls. No browser speaks cleartext HTTP/2, so this only makes sure that both ways into an
 * emulator follow one rule.
 *
 * @param host the call's authority.
 * @param allowedNames as `parseHostName` returns them.
 * @returns why the call is refused, if it is.
 */
export function refuseForeignCall(
  { host, metadata }: { host: string; metadata: Metadata },
  allowedNames: ReadonlySet<string>,
): string | undefined {
  // HTTP/2 has an authority instead of a Host header. A caller that sends both must mean the same by them.
  const hosts = [...new Set([host, ...metadata.get("host").map(String)])];
  const head: RequestHead = {
    target: "",
    header: (name) => (name === "host" ? hosts : metadata.get(name).map(String)),
  };
  return (refuseForeignHost(head, allowedNames) ?? refuseForeignPage(head, "http"))?.detail;
}
