import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { registry } from "../../shared/tasks/index.ts";
import { PROJECT_DIR } from "../project-dir.ts";
import { makeClientPackage } from "./make-package.ts";

/** `npm run build:client`: the client with this repository's task types, as a file in dist/ that other projects install. */
const dist = path.join(PROJECT_DIR, "dist");
await makeClientPackage(registry, path.join(dist, "handoff-client"));
const { stdout } = await promisify(execFile)("npm", ["pack", "./handoff-client", "--silent"], { cwd: dist });
const file = path.join(dist, stdout.trim());
process.stdout.write(
  `${path.relative(process.cwd(), file)}. In another project: npm install ./${path.basename(file)}, with the file checked in there.\n`,
);
