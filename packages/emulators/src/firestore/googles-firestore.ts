import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore";

/** A line that Google's emulator prints once it is up. */
export const GOOGLES_FIRESTORE_LISTENS = /Dev App Server is now running/;

/** The jar of Google's own Firestore emulator, or null where gcloud, its emulator or Java is not installed. */
export function findGooglesFirestore(): string | null {
  const sdk = outputOf("gcloud", ["info", "--format=value(installation.sdk_root)"]);
  if (sdk === null || outputOf("java", ["-version"]) === null) return null;
  const folder = path.join(sdk.trim(), "platform", "cloud-firestore-emulator");
  const jar = fs.existsSync(folder) ? fs.readdirSync(folder).find((file) => file.endsWith(".jar")) : undefined;
  return jar === undefined ? null : path.join(folder, jar);
}

/** The command that runs Google's emulator. The jar is not executable, so it names the class. */
export function googlesFirestoreCommand(jar: string, at: { host: string; port: number }): [string, ...string[]] {
  return ["java", "-Duser.language=en", "-cp", jar, MAIN_CLASS, "--host", at.host, "--port", String(at.port)];
}

function outputOf(command: string, args: readonly string[]): string | null {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
}
