/** The prefix of the `ce-type` header in Firestore's events from Eventarc. */
const FIRESTORE_EVENT = "google.cloud.firestore.document.v1.";

const MAX_ID_BYTES = 1_500;
/** Names that no document can have (https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields). */
const IMPOSSIBLE_ID = /^(?:\.\.?|__.*__)$/s;

/**
 * Whether a request is an event in binary mode (https://cloud.google.com/eventarc/docs/event-format), not a client's.
 */
export function isEvent(headers: Headers): boolean {
  return headers.has("ce-type");
}

/**
 * The id of the entry that an event is about; undefined if it is about anything else. The event's body isn't needed:
 * the relay reads the entry itself.
 *
 * @param collection the name of the entries' collection.
 */
export function entryIdOf(headers: Headers, collection: string): string | undefined {
  if (!headers.get("ce-type")?.startsWith(FIRESTORE_EVENT)) return undefined;
  const path = headers.get("ce-document") ?? headers.get("ce-subject");
  if (path === null) return undefined;
  const [found, id, ...others] = withinDatabase(decode(path)).split("/");
  if (found !== collection || id === undefined || others.length > 0) return undefined;
  const isPossible = id !== "" && Buffer.byteLength(id) <= MAX_ID_BYTES && !IMPOSSIBLE_ID.test(id);
  return isPossible ? id : undefined;
}

/**
 * Attributes are percent-encoded in headers
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values).
 */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A document's path after `[//firestore.googleapis.com/][projects/…/databases/…/]documents/`. */
function withinDatabase(path: string): string {
  return path.replace(
    /^(?:\/\/firestore\.googleapis\.com)?\/?(?:projects\/[^/]+\/databases\/[^/]+\/)?(?:documents\/)?/,
    "",
  );
}
