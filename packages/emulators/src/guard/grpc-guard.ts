import { type RequestHead, refuseForeignHost, refuseForeignPage } from "./foreign-request.ts";

/** The parts of a call that tell who makes it, and whom it means to reach. */
interface CallParts {
  readonly authority: string;
  /** All values of a header, by its name in lower case. */
  values(name: string): readonly string[];
}

/** The headers that the guard reads besides the authority. Few calls have any of them. */
const READ = ["host", "origin", "sec-fetch-site", "referer"];

/**
 * The same guard for gRPC calls. No browser speaks cleartext HTTP/2, so this only makes sure that both ways into an
 * emulator follow one rule.
 *
 * @param allowedNames as `parseHostName` returns them.
 * @returns a function that says why a call is refused, if it is.
 */
export function guardCalls(allowedNames: ReadonlySet<string>): (call: CallParts) => string | undefined {
  /** The authority of the last call that passed and had nothing else to look at. */
  let passed: string | undefined;
  return (call) => {
    const isPlain = READ.every((name) => call.values(name).length === 0);
    if (isPlain && call.authority === passed) return undefined;
    const refusal = refuseForeignCall(call, allowedNames);
    if (isPlain && refusal === undefined) passed = call.authority;
    return refusal;
  };
}

function refuseForeignCall(call: CallParts, allowedNames: ReadonlySet<string>): string | undefined {
  // HTTP/2 has an authority instead of a Host header. A caller that sends both must mean the same by them.
  const hosts = [...new Set([call.authority, ...call.values("host")])];
  const head: RequestHead = { target: "", header: (name) => (name === "host" ? hosts : call.values(name)) };
  return (refuseForeignHost(head, allowedNames) ?? refuseForeignPage(head, "http"))?.detail;
}
