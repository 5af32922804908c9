import type { Queue } from "../../../../packages/client/src/views/queue.ts";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import { ActionButton, ConfirmLink } from "../../parts/form.tsx";
import { GoogleLink } from "../../parts/google-link.tsx";
import { formatCount, formatRate } from "../../parts/numbers.ts";
import { StateBadge } from "../../parts/state-badge.tsx";
import { queuePage, typePage } from "../../parts/task-id.tsx";
import { Time } from "../../parts/time.tsx";
import { rateSentence } from "./rate-sentence.ts";
import { ShardTable } from "./shard-table.tsx";

const NEEDS = "pause, resume or purge queues";

/** A queue's state, and the actions on it. */
export function QueuePage({ queue, types }: { readonly queue: Queue; readonly types: readonly TaskTypeInfo[] }) {
  const { key, state, shards, links } = queue;
  const page = queuePage(key);
  return (
    <>
      <h1>
        Queue {key} <StateBadge state={state} />
      </h1>
      <div class="actions">
        <a class="button" href={`${page}/tasks`}>
          Tasks
        </a>
        {state === "running" ? <ActionButton action={`${page}/pause`} label="Pause" needs={NEEDS} /> : null}
        {state === "paused" ? <ActionButton action={`${page}/resume`} label="Resume" needs={NEEDS} /> : null}
        <ConfirmLink page={`${page}/purge`} label="Purge…" needs={NEEDS} />
        <GoogleLink href={links.console}>In Google's console</GoogleLink>
      </div>
      <section class="card">
        <h2 class="unseen">How it is doing</h2>
        {STATES[state] === undefined ? null : <p class="warn">{STATES[state]}</p>}
        <Facts queue={queue} />
      </section>
      <OwnTypes types={types.filter((type) => type.queue === key)} />
      {shards ? <ShardTable shards={shards} /> : null}
    </>
  );
}

/** The meaning of each unusual state. */
const STATES: Readonly<Partial<Record<Queue["state"], string>>> = {
  paused: "It still accepts tasks, but delivers none until it is resumed. Deliveries in progress continue.",
  disabled: "Cloud Tasks has disabled it, and delivers none of its tasks.",
};

function Facts({ queue }: { readonly queue: Queue }) {
  const { depth, nextDueAt, inFlight, dispatchedLastMinute, effectiveRate, configuredRate } = queue;
  const slowed = rateSentence(queue);
  return (
    <dl class="facts">
      <dt>Tasks</dt>
      <dd>
        <a href={`${queuePage(queue.key)}/tasks`}>{formatCount(depth)}</a> by Cloud Tasks' estimate
      </dd>
      <dt>Next due</dt>
      <dd>
        <Time at={nextDueAt} />
      </dd>
      <dt>In flight</dt>
      <dd>
        {formatCount(inFlight)} of at most {formatCount(configuredRate.maxConcurrentDispatches)} at once
      </dd>
      <dt>Last minute</dt>
      <dd>
        {formatCount(dispatchedLastMinute)} {dispatchedLastMinute === 1 ? "delivery" : "deliveries"} responded to
      </dd>
      <dt>Rate</dt>
      <dd>
        {formatRate(effectiveRate)} now, {formatRate(configuredRate.maxDispatchesPerSecond)} configured
        {slowed === undefined ? null : <p class="warn">{slowed}</p>}
      </dd>
    </dl>
  );
}

function OwnTypes({ types }: { readonly types: readonly TaskTypeInfo[] }) {
  return (
    <section>
      <h2>Task types</h2>
      {types.length === 0 ? (
        <p class="quiet">No task type names this queue.</p>
      ) : (
        <ul class="plain">
          {types.map(({ type }) => (
            <li>
              <a href={typePage(type)}>{type}</a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
