/** The file next to a bundle with V8's compiled code. */
export const CODE_CACHE = "program.cache";

/** The variable that makes a bundle write that file when it ends. Without it, a bundle uses the file if it exists. */
export const FILL_CODE_CACHE = { FILL_CODE_CACHE: "1" } as const;
