import path from "node:path";

/** Where package.json, and so the Pulumi program, is. */
export const PROJECT_DIR = path.resolve(import.meta.dirname, "..");
