import { Firestore } from "@google-cloud/firestore";

/** A client of the project's record database. It finds an emulator by FIRESTORE_EMULATOR_HOST, as all of Google's clients do. */
export function createFirestore(config: { GOOGLE_CLOUD_PROJECT: string; FIRESTORE_DATABASE: string }): Firestore {
  return new Firestore({ projectId: config.GOOGLE_CLOUD_PROJECT, databaseId: config.FIRESTORE_DATABASE });
}
