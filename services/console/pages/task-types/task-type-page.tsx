import type { LetterSummary } from "../../../../packages/client/src/views/dead-letter.ts";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import { enqueueByCli, enqueueByCurl } from "../../parts/command-lines.ts";
import { describeDuration } from "../../parts/distance.ts";
import { usePermission } from "../../parts/form.tsx";
import { JsonView } from "../../parts/json/json-view.tsx";
import { formatCount } from "../../parts/numbers.ts";
import { queuePage, typePage } from "../../parts/task-id.tsx";
import { Command } from "../../parts/try-it.tsx";
import { samplePayload } from "../../payload/sample-payload.ts";
import { enqueuePage } from "../enqueue/choose-type.tsx";
import { OpenLetters } from "./open-letters.tsx";
import { SchemaTable } from "./schema-table.tsx";

/** The path of the schema's text, below the type's page. */
export const SCHEMA_TEXT = "schema";

/** A task type: how its tasks run, what payload they take, and how to enqueue one. */
export function TaskTypePage(props: {
  readonly type: TaskTypeInfo;
  readonly letters: LetterSummary;
  readonly producerUrl: string;
}) {
  const { type, letters, producerUrl } = props;
  return (
    <>
      <h1>{type.type}</h1>
      {usePermission("create tasks") ? (
        <p class="actions">
          <a class="button" href={enqueuePage(type.type)}>
            Enqueue one
          </a>
        </p>
      ) : null}
      <section class="card">
        <h2 class="unseen">How its tasks run</h2>
        <Facts type={type} letters={letters} />
      </section>
      <section>
        <h2>Payload</h2>
        <SchemaTable payloadSchema={type.payloadSchema} />
        <details>
          <summary>As JSON Schema</summary>
          <JsonView
            id="schema"
            what="schema"
            value={type.payloadSchema}
            whole={`${typePage(type.type)}/${SCHEMA_TEXT}`}
          />
        </details>
      </section>
      <Commands type={type} producerUrl={producerUrl} />
    </>
  );
}

function Facts({ type, letters }: { readonly type: TaskTypeInfo; readonly letters: LetterSummary }) {
  const { queue, idempotency, timeoutMs, attempts, backoff } = type;
  return (
    <dl class="facts">
      <dt>Queue</dt>
      <dd>
        <a href={queuePage(queue)}>{queue}</a>
      </dd>
      <dt>Kind</dt>
      <dd>
        <b>{idempotency}</b>: {KINDS[idempotency]}
      </dd>
      <dt>Timeout</dt>
      <dd>{describeDuration(timeoutMs)} for each attempt</dd>
      <dt>Attempts</dt>
      <dd>{formatCount(attempts)}, then the task becomes a dead letter</dd>
      <dt>Backoff</dt>
      <dd>{backoffWords(backoff)}</dd>
      <dt>Open dead letters</dt>
      <dd>
        <OpenLetters type={type.type} letters={letters} />
      </dd>
    </dl>
  );
}

function backoffWords(backoff: TaskTypeInfo["backoff"]): string {
  if (!backoff) return "its queue's";
  const { firstMs, factor, maxMs } = backoff;
  const longest = `at most ${describeDuration(maxMs)}`;
  return `${describeDuration(firstMs)} after the first failure, then ${factor} times longer each time, ${longest}`;
}

/** How each kind copes with repeated delivery. */
const KINDS: Readonly<Record<TaskTypeInfo["idempotency"], string>> = {
  natural:
    "its handler may run any number of times with one result. It has no record, so a task that succeeded shows as finished.",
  claim:
    "an attempt leases the task before its handler runs, so that no two run at once, and a task that is done isn't repeated.",
  transaction:
    "its effects are Firestore writes that are committed together with its record: they happen exactly once.",
};

function Commands({ type, producerUrl }: { readonly type: TaskTypeInfo; readonly producerUrl: string }) {
  const task = { producerUrl, type: type.type, payload: samplePayload(type.payloadSchema) };
  return (
    <section>
      <h2>Enqueue one from a shell</h2>
      <h3>In this repository</h3>
      <Command text={enqueueByCli(task)} />
      <h3>Anywhere</h3>
      <Command text={enqueueByCurl(task)} />
    </section>
  );
}

/** Shown for an unknown type. */
export function NoSuchType({ name, types }: { readonly name: string; readonly types: readonly TaskTypeInfo[] }) {
  return (
    <section class="failure">
      <h1>There is no task type {name}</h1>
      <p>These are the types that the producer knows. Tasks of others that are still queued become dead letters.</p>
      <ul>
        {types.map(({ type }) => (
          <li>
            <a href={typePage(type)}>{type}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}
