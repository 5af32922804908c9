import type { Firestore } from "@google-cloud/firestore";
import { publishDocument } from "../../../shared/tasks/document-publish.ts";
import { bindHandler, succeeded } from "../runner/handler.ts";

const DOCUMENTS = "documents";

/**
 * Publishes a version of a document unless a higher one is already there. The message holds the whole state, so late,
 * repeated and reordered deliveries all end with the highest version.
 */
export function createPublishDocument(deps: { db: Firestore }) {
  return bindHandler(publishDocument, async ({ documentId, version, content }) => {
    const ref = deps.db.collection(DOCUMENTS).doc(documentId);
    const published = await deps.db.runTransaction(async (transaction) => {
      const stored: unknown = (await transaction.get(ref)).get("version");
      if (typeof stored === "number" && stored >= version) return false;
      transaction.set(ref, { version, content });
      return true;
    });
    return succeeded({ published });
  });
}
