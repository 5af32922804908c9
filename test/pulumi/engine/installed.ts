import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as z from "zod";
import { wantedVersion } from "./wanted-plugins.ts";

const run = promisify(execFile);
const plugins = z.array(z.object({ name: z.string(), kind: z.string(), version: z.string().optional() }));

/** What of Pulumi is on this machine. */
export interface Installed {
  /** The engine's version; undefined if there is no `pulumi`. */
  readonly engine: string | undefined;
  /** Whether there is Google's provider, in the version that the program asks for. */
  readonly provider: boolean;
  readonly gcloud: boolean;
}

export async function whatIsInstalled(): Promise<Installed> {
  const engine = await outputOf("pulumi", "version");
  const gcloud = (await outputOf("gcloud", "--version")) !== undefined;
  if (engine === undefined) return { engine, provider: false, gcloud };
  const listed = plugins.safeParse(JSON.parse((await outputOf("pulumi", "plugin", "ls", "--json")) ?? "[]"));
  const wanted = wantedVersion("gcp");
  const provider = listed.data?.some(
    ({ kind, name, version }) => kind === "resource" && name === "gcp" && version === wanted,
  );
  return { engine: engine.trim(), provider: provider ?? false, gcloud };
}

/** Undefined if there is no such program, or it fails. */
async function outputOf(program: string, ...args: readonly string[]): Promise<string | undefined> {
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    return (await run(program, [...args], { env, shell: process.platform === "win32" })).stdout;
  } catch {
    return undefined;
  }
}
