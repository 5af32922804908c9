import { type RequestHead, refuseForeignHost, refuseForeignPage } from "./foreign-request.ts";

/** The parts of a call that tell who makes it, and whom it means to reach. */
interface CallParts {
  readonly authority: string;
  /** All values of a header, by its name in lower case. */
  values(name: string): readonly string[];
}

/**
 * The same guard for gRPC calls. No browser speaks cleartext HTTP/2, so this only makes sure that both ways into an
 * emulator follow one rule.
 *
 * @param allowedNames as `parseHostName` returns them.
 * @returns why the call is refused, if it is.
 */
export function refuseForeignCall(call: CallParts, allowedNames: ReadonlySet<string>): string | undefined {
  // HTTP/2 has an authority instead of a Host header. A caller that sends both must mean the same by them.
  const hosts = [...new Set([call.authority, ...call.values("host")])];
  const head: RequestHead = { target: "", header: (name) => (name === "host" ? hosts : call.values(name)) };
  return (refuseForeignHost(head, allowedNames) ?? refuseForeignPage(head, "http"))?.detail;
}
