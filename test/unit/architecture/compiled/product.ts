import { CHECKOUT } from "../plant.ts";
import { loadProgram } from "./program.ts";

/** Everything but the emulators, infra, tools and tests. */
export const isProduct = (file: string): boolean =>
  /^(shared|services|packages\/(?!emulators\/)[^/]+\/src)\//.test(file);

/** Compiled once for all tests that look at it: what TypeScript finds out of a type, it remembers. */
export const product = loadProgram(CHECKOUT, isProduct);
