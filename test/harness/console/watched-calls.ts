import type { Fetch } from "../../../packages/client/src/options.ts";

/** A call of the console as the producer receives it: `GET /v1/dead-letters`. */
export type Call = string;

/** The fate of a call: it passes, its response is lost after its effect, or it never arrives. */
type Fate = "passes" | "response lost" | "not reached";

/** Sends the console's calls, counts them, and can lose them. */
export function watchCalls() {
  let calls: Call[] = [];
  let fateOf: (call: Call) => Fate = () => "passes";
  const send: Fetch = async (url, init) => {
    const call = `${init.method ?? "GET"} ${new URL(url).pathname}`;
    calls.push(call);
    const fate = fateOf(call);
    if (fate === "not reached") throw new TypeError("fetch failed");
    const response = await fetch(url, init);
    if (fate === "passes") return response;
    await response.text();
    throw new TypeError("fetch failed");
  };
  return {
    fetch: send,
    /** The calls since the last time this was called, in order. */
    callsSince(): Call[] {
      const since = calls;
      calls = [];
      return since;
    },
    /** Decides the fate of all later calls. */
    decide: (decide: (call: Call) => Fate): void => {
      fateOf = decide;
    },
  };
}
