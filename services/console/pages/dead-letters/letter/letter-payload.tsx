import type { DeadLetter } from "../../../../../packages/client/src/views/dead-letter.ts";
import { usePermission } from "../../../parts/form.tsx";
import { JsonView } from "../../../parts/json/json-view.tsx";
import { payloadPage } from "./letter-paths.ts";

/** The task's payload, for people who may see it. */
export function LetterPayload({ letter }: { readonly letter: DeadLetter }) {
  const { id, payload, payloadOmitted } = letter;
  const maySee = usePermission("read payloads");
  if (payload !== undefined) return <JsonView id="payload" what="payload" value={payload} whole={payloadPage(id)} />;
  if (payloadOmitted) {
    return (
      <p class="quiet">
        The letter doesn't have it: Firestore refused to store the payload, because it is too large for a document, or
        has fields that can't be kept. A replay needs one that you write.
      </p>
    );
  }
  return <p class="quiet">{maySee ? "The producer didn't send it." : "Only operators see payloads."}</p>;
}
