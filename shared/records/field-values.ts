import { FieldValue } from "@google-cloud/firestore";

/** Firestore replaces this with the commit's time. */
export const SERVER_TIME = FieldValue.serverTimestamp();
/** Removes a field from a document. */
export const DELETED = FieldValue.delete();
