import { RecordDatabase } from "../../../shared/records/wire/record-database.ts";

/**
 * Google's client, connected to an emulator or a proxy in front of it, with permission to read and write everything.
 */
export function connectToEmulator({ host, port }: { readonly host: string; readonly port: number }): RecordDatabase {
  return new RecordDatabase({ projectId: "handoff-test", emulator: { host, port } });
}
