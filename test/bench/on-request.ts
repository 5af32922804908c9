import { growth } from "./growth/growth.ts";
import { type Choices, peers } from "./peers/peers.ts";

/** Benchmarks that run only when they are named: they take minutes, and install or start what nothing else needs. */
export const ON_REQUEST: ReadonlyMap<string, (choices: Choices, print: (text: string) => void) => Promise<void>> =
  new Map([
    ["peers", peers],
    ["growth", growth],
  ]);
