import type { BrokenPromise } from "./broken-promise.ts";
import type { Histories } from "./history/histories.ts";

/** The first two parts of a signed token. */
const TOKEN = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\./;

/** No log contains the payloads' secret or a token. */
export function checkSecrets({ logs, run }: Histories): BrokenPromise[] {
  return [...logs].flatMap(([file, text]) => [
    ...(text.includes(run.secret) ? [{ promise: "no payload in a log", what: `${file} holds one` }] : []),
    ...(TOKEN.test(text) ? [{ promise: "no token in a log", what: `${file} holds one` }] : []),
  ]);
}
