import path from "node:path";
import { sizeOf } from "../folder-size.ts";
import { PROJECT_DIR } from "../project-dir.ts";
import { makeEmulatorPackage } from "./make-package.ts";

/** `npm run build:emulators`: the emulators as a package for other projects, in dist/handoff-emulators. */
const folder = path.join(PROJECT_DIR, "dist", "handoff-emulators");
await makeEmulatorPackage(folder);
const { files, bytes } = await sizeOf(folder);
process.stdout.write(
  `${path.relative(process.cwd(), folder)}: ${(bytes / 2 ** 20).toFixed(1)} MiB in ${files} files. ` +
    "In another project: npm install --save-dev FOLDER, or npm pack FOLDER first.\n",
);
