import path from "node:path";

const FOLDER = path.resolve(import.meta.dirname, "../../node_modules/.cache/programs");

/**
 * The variable that makes Node keep what it has compiled of a program: from then on, a start takes half the time
 * (https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache).
 */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: FOLDER } as const;
