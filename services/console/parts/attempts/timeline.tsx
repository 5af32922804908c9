import type { PropsWithChildren } from "hono/jsx";
import type { Attempt } from "../../../../packages/client/src/views/task.ts";
import { describeDuration } from "../distance.ts";
import { ExactTime, Time } from "../time.tsx";
import { describeEnd } from "./ends.ts";
import { describeOutcome } from "./outcomes.ts";
import { type Backoff, describeRule, nameRule } from "./rules.ts";
import { type TimelineEntry, type Told, timelineEntries } from "./timeline-entries.ts";

/**
 * What happened to a task, attempt by attempt, what set the times between, and what comes next. It needs a heading above it.
 *
 * @param backoff of the task's type, if it is known.
 */
export function Timeline({ told, backoff }: { readonly told: Told; readonly backoff?: Backoff | undefined }) {
  const entries = timelineEntries(told);
  if (entries.length === 0) return <p class="quiet">Nothing is known of what happened to it.</p>;
  return (
    <ol class="timeline">
      {entries.map((entry) => (
        <Entry entry={entry} backoff={backoff} />
      ))}
    </ol>
  );
}

function Entry({ entry, backoff }: { readonly entry: TimelineEntry; readonly backoff: Backoff | undefined }) {
  switch (entry.kind) {
    case "accepted":
      return (
        <Event id="accepted" colour="due" title="Accepted">
          <ExactTime at={entry.at} />
        </Event>
      );
    case "unkept":
      return (
        <li class="wait" id="unkept">
          {entry.to === 1 ? "Attempt 1 isn't" : `Attempts 1 to ${entry.to} aren't`} kept: a task's record has its last
          ten.
        </li>
      );
    case "attempt":
      return <AttemptEvent attempt={entry.attempt} tookMs={entry.tookMs} />;
    case "wait":
      return (
        <li class="wait">
          {describeDuration(entry.ms)}
          {entry.isFirst ? " until it was due and its turn came" : `, ${nameRule(entry.rule)}`}
        </li>
      );
    case "running":
      return (
        <Event id="running" colour="busy" title={entry.number === undefined ? "An attempt" : `Attempt ${entry.number}`}>
          is running
        </Event>
      );
    case "next":
      return (
        <Event id="next" colour="due" title="Next attempt" isOpen>
          <Time at={entry.at} />: {describeRule(entry.rule, { hasFailed: entry.hasFailed, backoff })}.{" "}
          <ExactTime at={entry.at} />
        </Event>
      );
    case "ended": {
      const { title, colour, meaning } = describeEnd(entry.state);
      return (
        <Event id="ended" colour={colour} title={title}>
          {entry.at === undefined ? null : <ExactTime at={entry.at} />} <p>{meaning}</p>
        </Event>
      );
    }
  }
}

/** An entry with a mark on the line. `isOpen`: it hasn't happened yet. */
function Event(
  props: PropsWithChildren<{
    readonly id: string;
    readonly title: string;
    readonly colour: string;
    readonly isOpen?: boolean;
  }>,
) {
  const { id, title, colour, isOpen, children } = props;
  return (
    <li id={`event-${id}`} class={`event ${colour}${isOpen ? " open" : ""}`}>
      <b>{title}</b> {children}
    </li>
  );
}

function AttemptEvent({ attempt, tookMs }: { readonly attempt: Attempt; readonly tookMs: number | undefined }) {
  const { attempt: number, hop = 0, startedAt, endedAt, code, message, stack, instance } = attempt;
  const { label, meaning, colour } = describeOutcome(attempt.outcome);
  return (
    <Event id={`${number}-${hop}-${startedAt ?? "unknown"}`} colour={colour} title={`Attempt ${number} ${label}`}>
      {tookMs === undefined ? null : `after ${describeDuration(tookMs)}`}
      <p>{meaning}</p>
      {code === undefined && message === undefined ? null : (
        <p class="error">
          {code === undefined ? null : <code>{code}</code>} {message}
        </p>
      )}
      {stack === undefined ? null : (
        <details>
          <summary>Stack</summary>
          <pre>{stack}</pre>
        </details>
      )}
      <p class="quiet">
        {startedAt === undefined ? "Nobody knows when it began" : <ExactTime at={startedAt} />}
        {endedAt === undefined ? (
          ", nobody knows when it ended"
        ) : (
          <>
            {" to "}
            <ExactTime at={endedAt} />
          </>
        )}
        {instance === undefined ? null : (
          <>
            {" on "}
            <code title="The worker's instance">{instance}</code>
          </>
        )}
      </p>
    </Event>
  );
}
