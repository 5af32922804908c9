import type { PropsWithChildren } from "hono/jsx";
import { describeDuration } from "../distance.ts";
import { ExactTime, Time } from "../time.tsx";
import { describeEnd } from "./ends.ts";
import { describeOutcome } from "./outcomes.ts";
import { nameRule } from "./rules.ts";
import { type TimelineEntry, type TimelineSource, timelineEntries } from "./timeline-entries.ts";

/** A task's attempts, what set the times between them, and what is next. It needs a heading above it. */
export function Timeline({ told }: { readonly told: TimelineSource }) {
  const entries = timelineEntries(told);
  if (entries.length === 0) return <p class="quiet">Nothing is known about what happened to it.</p>;
  return (
    <ol class="timeline">
      {entries.map((entry) => (
        <Entry entry={entry} />
      ))}
    </ol>
  );
}

function Entry({ entry }: { readonly entry: TimelineEntry }) {
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
          {describeUnkept(entry.to)} kept: a task's record has its last ten.
        </li>
      );
    case "attempt":
      return <AttemptEvent entry={entry} />;
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
          <Time at={entry.at} />, {nameRule(entry.rule)} <ExactTime at={entry.at} />
        </Event>
      );
    case "ended": {
      const { title, colour } = describeEnd(entry.state);
      return (
        <Event id="ended" colour={colour} title={title}>
          {entry.at === undefined ? null : <ExactTime at={entry.at} />}
        </Event>
      );
    }
  }
}

function describeUnkept(to: number): string {
  if (to === 1) return "Attempt 1 isn't";
  return `Attempts 1 ${to === 2 ? "and" : "to"} ${to} aren't`;
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

/** An outcome is explained where it first occurs. */
function AttemptEvent({ entry }: { readonly entry: Extract<TimelineEntry, { kind: "attempt" }> }) {
  const { attempt, tookMs, isNew } = entry;
  const { attempt: number, hop = 0, startedAt, endedAt, code, message, stack, instance } = attempt;
  const { label, meaning, colour } = describeOutcome(attempt.outcome);
  return (
    <Event id={`${number}-${hop}-${startedAt ?? "unknown"}`} colour={colour} title={`Attempt ${number} ${label}`}>
      {tookMs === undefined ? null : `after ${describeDuration(tookMs)}`}
      {isNew ? <p>{meaning}</p> : null}
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
        <Span from={startedAt} to={endedAt} />
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

/** When an attempt began and ended, if known. */
function Span({ from, to }: { readonly from: string | undefined; readonly to: string | undefined }) {
  if (from === undefined && to === undefined) return <>It isn't known when it began and ended</>;
  if (from === undefined || to === undefined) {
    return (
      <>
        {from === undefined ? "ended " : "began "}
        <ExactTime at={from ?? to ?? ""} />
        {from === undefined ? ", it isn't known when it began" : ", it isn't known when it ended"}
      </>
    );
  }
  const isSameDay = from.slice(0, DATE_LENGTH) === to.slice(0, DATE_LENGTH);
  return (
    <>
      <ExactTime at={from} /> to {isSameDay ? <TimeOfDay at={to} /> : <ExactTime at={to} />}
    </>
  );
}

const DATE_LENGTH = "2030-01-31".length;

function TimeOfDay({ at }: { readonly at: string }) {
  return (
    <time datetime={at} class="exact" data-exact="">
      {at.slice(DATE_LENGTH + 1).replace("Z", "")}
    </time>
  );
}
