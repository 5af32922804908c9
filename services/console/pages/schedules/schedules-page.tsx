import type { Schedule } from "../../../../packages/client/src/views/schedule.ts";
import { ActionButton } from "../../parts/form.tsx";
import { StateBadge } from "../../parts/state-badge.tsx";
import { TaskLink, typePage } from "../../parts/task-id.tsx";
import { Time } from "../../parts/time.tsx";
import { Empty } from "../../parts/try-it.tsx";
import { prettyJson } from "../../payload/fill-fields.ts";
import { cronWords } from "./cron-words.ts";
import { RunNow } from "./run-now.tsx";
import { Scroll } from "../../parts/table/scroll.tsx";
import { TableHead } from "../../parts/table/table-head.tsx";

const NEEDS = "pause, resume or run schedules";
/** The API returns five. */
const NEXT_SHOWN = 3;

/** All schedules, with their next times. */
export function SchedulesPage({ schedules }: { readonly schedules: readonly Schedule[] }) {
  return (
    <>
      <h1>Schedules</h1>
      {schedules.length === 0 ? (
        <NoSchedules />
      ) : (
        <Scroll label="Schedules">
          <table class="wide">
            <TableHead columns={["Schedule", "When", "State", "Next", "Last fired", "Last task", "Actions"]} />
            <tbody>
              {schedules.map((schedule) => (
                <Row schedule={schedule} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

function Row({ schedule }: { readonly schedule: Schedule }) {
  const { name, type, state, lastFiredAt, payload, links } = schedule;
  const lastTask = taskIdOf(links.lastTask);
  return (
    <tr id={`schedule-${name}`}>
      <th scope="row">
        <b>{name}</b>
        <br />
        <a href={typePage(type)}>{type}</a>
        {payload === undefined ? null : (
          <details>
            <summary>Payload</summary>
            <pre>{prettyJson(payload)}</pre>
          </details>
        )}
      </th>
      <td>
        <When schedule={schedule} />
      </td>
      <td>
        <StateBadge state={state} />
        {state === "off" ? <p class="quiet">The setting handoff:schedulesOff names it.</p> : null}
      </td>
      <td>
        <NextTimes times={schedule.nextAt} />
      </td>
      <td>
        <Time at={lastFiredAt} />
      </td>
      <td>{lastTask === undefined ? <span class="none">–</span> : <TaskLink id={lastTask} />}</td>
      <td>
        <Actions schedule={schedule} />
      </td>
    </tr>
  );
}

function When({ schedule: { cron, timeZone, catchUp } }: { readonly schedule: Schedule }) {
  const words = cronWords(cron);
  return (
    <>
      {words === undefined ? null : (
        <>
          {words}
          <br />
        </>
      )}
      <code class="cron">{cron}</code> <span class="quiet">{timeZone}</span>
      {catchUp ? <p class="quiet">Makes up for every time that it missed.</p> : null}
    </>
  );
}

function NextTimes({ times }: { readonly times: readonly string[] }) {
  if (times.length === 0) return <span class="none">–</span>;
  return (
    <ol class="plain">
      {times.slice(0, NEXT_SHOWN).map((at) => (
        <li>
          <Time at={at} />
        </li>
      ))}
    </ol>
  );
}

function Actions({ schedule: { name, state } }: { readonly schedule: Schedule }) {
  const path = `/schedules/${encodeURIComponent(name)}`;
  return (
    <div class="actions">
      {state === "active" ? <ActionButton action={`${path}/pause`} label="Pause" needs={NEEDS} /> : null}
      {state === "paused" ? <ActionButton action={`${path}/resume`} label="Resume" needs={NEEDS} /> : null}
      <RunNow action={`${path}/run`} needs={NEEDS} />
    </div>
  );
}

/** Links from the API are paths of the API. Only the id at the end is used, and it contains no encoded characters. */
function taskIdOf(link: string | undefined): string | undefined {
  return link?.split("/").at(-1) || undefined;
}

function NoSchedules() {
  return (
    <Empty command={EXAMPLE}>
      There are none. A schedule enqueues a task by the clock. Define one in shared/tasks/schedules.ts, and deploy the
      producer:
    </Empty>
  );
}

const EXAMPLE = `const nightlyReport = defineSchedule({
  name: "nightly-report",
  cron: "30 2 * * *",
  timeZone: "Europe/Berlin",
  task: sendReport,
  payload: { to: "ops@example.com" },
});

export const schedules = [nightlyReport];`;
