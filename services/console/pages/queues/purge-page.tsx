import type { Queue } from "../../../../packages/client/src/views/queue.ts";
import { ConfirmAction } from "../../parts/confirm-action.tsx";
import { formatCount } from "../../parts/numbers.ts";
import { queuePage } from "../../parts/task-id.tsx";

/** The field into which the person types the queue's key. */
export const PURGE_FIELD = "queue";

/** Asks for confirmation before a queue is purged. `typed` is set if it isn't the queue's key. */
export function PurgePage({ queue, typed }: { readonly queue: Queue; readonly typed?: string }) {
  const { key, depth, inFlight } = queue;
  const isWrong = typed !== undefined;
  return (
    <ConfirmAction
      title={`Remove every task from ${key}?`}
      action={`${queuePage(key)}/purge`}
      label={`Purge ${key}`}
      back={queuePage(key)}
    >
      <p>
        It holds <b>{formatCount(depth)}</b> {depth === 1 ? "task" : "tasks"} now, by Cloud Tasks' estimate. Their
        payloads are nowhere else: this can't be undone, and makes no dead letters.
      </p>
      <p>
        What is being delivered{inFlight > 0 ? ` (${formatCount(inFlight)} at present)` : ""} runs to its end. Cloud
        Tasks takes up to a minute, and may deliver some of the others meanwhile.
      </p>
      <div class="field">
        <label for="typed">Type the queue's key to confirm: {key}</label>
        <input
          id="typed"
          name={PURGE_FIELD}
          type="text"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={typed}
          aria-invalid={isWrong ? "true" : undefined}
          aria-describedby={isWrong ? "typed-wrong" : undefined}
        />
        {isWrong ? (
          <span class="wrong" id="typed-wrong">
            {typed === "" ? "Nothing was typed" : `You typed ${typed}, not ${key}`}: nothing was removed.
          </span>
        ) : null}
      </div>
    </ConfirmAction>
  );
}
