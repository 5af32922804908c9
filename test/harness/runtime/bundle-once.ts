import { bundleInstalled } from "../../../services/local/dependencies/bundle-installed.ts";

/** Bundles what npm has installed before tests start several stacks at once, each of which would do it. */
export async function setup(): Promise<void> {
  await bundleInstalled((line) => process.stdout.write(`${line}\n`));
}
