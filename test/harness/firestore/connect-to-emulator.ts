import { Firestore } from "@google-cloud/firestore";

/**
 * Google's client, connected to an emulator or a proxy in front of it, with permission to read and write everything.
 */
export function connectToEmulator({ host, port }: { readonly host: string; readonly port: number }): Firestore {
  return new Firestore({
    projectId: "handoff-test",
    host: `${host}:${port}`,
    ssl: false,
    customHeaders: { Authorization: "Bearer owner" },
  });
}
