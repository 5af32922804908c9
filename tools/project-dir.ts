import path from "node:path";

/** The folder with package.json and the Pulumi program. */
export const PROJECT_DIR = path.resolve(import.meta.dirname, "..");
