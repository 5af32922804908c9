import { spawnSync } from "node:child_process";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { readArguments } from "../harness/runtime/read-arguments.ts";
import { whatIsInstalled } from "./engine/installed.ts";
import { wantedVersion } from "./engine/wanted-plugins.ts";

const USAGE = `npm run test:pulumi [-- NAME...]

The Pulumi program on Pulumi's own engine, with stand-ins for its providers; and with Google's own provider against a fake of
Google's APIs, if that is installed. Nothing is made anywhere, and no account is needed. It takes some minutes.

  NAME   only the test files with this in their path
`;

const { positionals } = readArguments(USAGE, {});
const { engine, provider, gcloud } = await whatIsInstalled();
const say = (line: string): void => void process.stdout.write(`${line}\n`);
if (engine === undefined) {
  say("Skipped: pulumi isn't installed (https://www.pulumi.com/docs/install/).");
  process.exit();
}
if (!provider)
  say(
    "Google's provider isn't installed, so its calls to Google and permanent differences aren't tried: " +
      `pulumi plugin install resource gcp ${wantedVersion("gcp")}`,
  );
if (!gcloud)
  say("gcloud isn't installed, so the fake of Google isn't tried with it: https://cloud.google.com/sdk/docs/install");
const folders = ["on-stand-ins", ...(provider ? ["on-provider"] : []), ...(gcloud ? ["on-gcloud"] : [])];
const paths = folders.map((folder) => `test/pulumi/${folder}`);
const chosen = positionals.length > 0 ? positionals.flatMap((name) => paths.map((place) => `${place}/${name}`)) : paths;
const vitest = ["--run", "--project", "pulumi", "--reporter", "verbose", ...chosen];
const { status } = spawnSync("vitest", vitest, {
  cwd: PROJECT_DIR,
  stdio: "inherit",
  shell: process.platform === "win32",
});
process.exitCode = status ?? 1;
