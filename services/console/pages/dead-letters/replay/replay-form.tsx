import type { RequestProblem } from "../../../../../shared/http/problem.ts";
import { ActionForm } from "../../../parts/form.tsx";
import { letterPage } from "../../../parts/task-id.tsx";
import { Replays } from "../letter/letter-facts.tsx";
import { replayPage } from "../letter/letter-paths.ts";
import type { WholeLetter } from "../letter/read-whole-letter.ts";

/** The values of a replay form. */
export interface ReplayDraft {
  /** The payload that the person has typed; undefined for the letter's own. */
  readonly text: string | undefined;
  /** Whether to replay it even if it was replayed before. */
  readonly again: boolean;
  readonly key: string;
}

/** Why a replay was refused. */
export interface Refusal {
  readonly detail: string;
  readonly problems: readonly RequestProblem[];
  readonly code?: string;
}

export const FIELDS = { with: "with", payload: "payload", again: "again", key: "key" } as const;

interface FormProps extends WholeLetter {
  readonly draft: ReplayDraft;
  readonly refusal: Refusal | undefined;
}

/** Says what a replay will do, and lets the person change the payload first. */
export function ReplayForm({ letter, type, draft, refusal }: FormProps) {
  const { id, payload } = letter;
  return (
    <section class="ask">
      <h1>{draft.again ? "Replay this dead letter again?" : "Replay this dead letter?"}</h1>
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      <WhatItDoes letter={letter} type={type} draft={draft} />
      <ActionForm action={replayPage(id)}>
        <input type="hidden" name={FIELDS.key} value={draft.key} />
        {draft.again ? <input type="hidden" name={FIELDS.again} value="true" /> : null}
        {letter.payloadOmitted ? null : (
          <p class="choices">
            <button class="primary">{draft.again ? "Replay it again" : "Replay it"}</button>
            <a class="button" href={letterPage(id)}>
              Don't
            </a>
          </p>
        )}
        <details id="edit" open={letter.payloadOmitted || draft.text !== undefined || refusal !== undefined}>
          <summary>With another payload</summary>
          <PayloadField text={draft.text ?? textOf(payload)} problems={refusal?.problems ?? []} />
          <button name={FIELDS.with} value="edited">
            Replay with this payload
          </button>
        </details>
      </ActionForm>
    </section>
  );
}

function textOf(payload: unknown): string {
  return payload === undefined ? "" : JSON.stringify(payload, null, 2);
}

function WhatItDoes({ letter, type, draft }: Omit<FormProps, "refusal">) {
  const { caller, queue, attempts, code } = letter;
  return (
    <ul>
      {type === undefined ? (
        <li class="warn">
          The producer doesn't know the type <b>{letter.type}</b> any more, so it will refuse the replay.
        </li>
      ) : (
        <li>
          It makes a <b>new task</b> of type <b>{type.type}</b> in queue <b>{type.queue}</b>, due at once.
          {type.queue === queue ? null : ` The task that died was in queue ${queue}: the type has moved since.`}
        </li>
      )}
      <li>
        The new task has a new id. Its attempts count from 0{type === undefined ? "" : ` and end at ${type.attempts}`};
        this one died of <code>{code}</code> after {attempts}.
      </li>
      <li>
        It carries{" "}
        {letter.payloadOmitted
          ? "the payload that you write below, since the letter has none"
          : "the same payload, unless you change it"}
        , and belongs to the same caller{caller === undefined ? ", who isn't known" : `, ${caller}`}.
      </li>
      <li>
        The letter stays, marked as replayed, and says who did it. If the new task dies, it gets a letter of its own.
      </li>
      {draft.again ? (
        <li class="warn">
          It was replayed before (<Replays letter={letter} />
          ). This makes <b>one more task</b>: what the earlier one did may be done twice.
        </li>
      ) : (
        <li>If somebody else replays it first, nothing more is made, and you are told which task that was.</li>
      )}
    </ul>
  );
}

function RefusalNote({ refusal: { detail, problems, code } }: { readonly refusal: Refusal }) {
  return (
    <div class="refusal" role="alert">
      <p>
        <b>Nothing was replayed.</b> {detail}
        {code === undefined ? null : (
          <>
            {" "}
            <code>{code}</code>
          </>
        )}
      </p>
      {problems.length === 0 ? null : <p>See the payload below.</p>}
    </div>
  );
}

const PROBLEMS = "payload-problems";

function PayloadField({ text, problems }: { readonly text: string; readonly problems: readonly RequestProblem[] }) {
  const isWrong = problems.length > 0;
  return (
    <div class="field">
      <label for="payload">Payload, as JSON</label>
      <textarea
        id="payload"
        name={FIELDS.payload}
        spellcheck={false}
        aria-invalid={isWrong ? "true" : undefined}
        aria-describedby={isWrong ? PROBLEMS : undefined}
      >
        {/* Browsers drop the first line break of a textarea. */}
        {`\n${text}`}
      </textarea>
      {isWrong ? (
        <ul id={PROBLEMS} class="wrong">
          {problems.map(({ path, message }) => (
            <li>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
