import { createPublicKey } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { openSigningKey } from "../../../packages/emulators/src/cloud-tasks/dispatch/request/signing-key.ts";
import type { RunFolder } from "../run-folder.ts";

const FILE_NAME = "cloud-tasks-signing-key.pem";

/** Keys that will sign tokens later. Google publishes its keys long before it signs with them. */
export interface AnnouncedKeys {
  /** Their public halves in PEM form, by key id. */
  readonly published: Readonly<Record<string, string>>;
  /** Gives the emulator its next key; when none is left, the emulator has to make an unannounced one. */
  useNext(): void;
}

/** Makes keys for this many rotations. The emulator must not be running while one takes effect. */
export async function announceKeys(folder: RunFolder, rotations: number): Promise<AnnouncedKeys> {
  const published: Record<string, string> = {};
  const left: string[] = [];
  for (let rotation = 1; rotation <= rotations; rotation++) {
    const place = path.join(folder.nextKeys, String(rotation));
    fs.mkdirSync(place, { recursive: true });
    const { kid, privateKey } = await openSigningKey(place)();
    published[kid] = createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
    left.push(path.join(place, FILE_NAME));
  }
  return {
    published,
    useNext() {
      const inUse = path.join(folder.tasksData, FILE_NAME);
      const next = left.shift();
      if (next === undefined) fs.rmSync(inUse, { force: true });
      else fs.copyFileSync(next, inUse);
    },
  };
}
