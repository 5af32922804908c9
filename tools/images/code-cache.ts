/** The file next to a bundle that holds what V8 has compiled of it. */
export const CODE_CACHE = "program.cache";

/** The variable with which a bundle writes that file when it ends. Without it, a bundle uses the file if there is one. */
export const FILL_CODE_CACHE = { FILL_CODE_CACHE: "1" } as const;
