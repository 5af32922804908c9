/** A story that Prometheus's own engine is told, and which alerts it must have led to at which minute. */
interface Scenario {
  readonly name: string;
  /** Series by their names and labels, with a value for each minute, in promtool's notation. */
  readonly series: Readonly<Record<string, string>>;
  readonly expected: readonly (readonly [minute: number, alert: string, fires: boolean])[];
}

const RUN = 'monitored_resource="cloud_run_revision"';
const TICKS = `logging_googleapis_com:user_p_ticks_count{${RUN}}`;
const LOOKS = `logging_googleapis_com:user_p_schedules_count{${RUN}}`;
const LATE = `logging_googleapis_com:user_p_schedules_sum{${RUN}}`;
const STOPPED = `logging_googleapis_com:user_p_queues_sum{${RUN}}`;
const ATTEMPTS =
  'cloudtasks_googleapis_com:queue_task_attempt_count{monitored_resource="cloud_tasks_queue", queue_id="p-bulk-1"}';
const DONE = `logging_googleapis_com:user_p_deliveries{${RUN}, taskType="canary.claim", outcome="done"}`;
const REFUSED = `logging_googleapis_com:user_p_deliveries{${RUN}, taskType="canary.claim", outcome="busy"}`;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "the tick stops after an hour",
    series: { [TICKS]: "0+1x60 stale", [LOOKS]: "0+1x60 stale", [LATE]: "0+0x60 stale", [STOPPED]: "0+0x60 stale" },
    expected: [
      [55, "no-tick", false],
      [55, "late-schedules", false],
      [80, "late-schedules", true],
      [85, "no-tick", true],
      [85, "stopped-queue", false],
    ],
  },
  {
    name: "there has never been a tick",
    series: {},
    expected: [
      [30, "no-tick", true],
      [30, "late-schedules", true],
      [30, "stopped-queue", false],
    ],
  },
  {
    name: "a queue is paused for half an hour, then resumed",
    series: { [STOPPED]: "0+0x30 1+1x30 31+0x60" },
    expected: [
      [25, "stopped-queue", false],
      [40, "stopped-queue", false],
      [50, "stopped-queue", true],
      [75, "stopped-queue", false],
    ],
  },
  {
    name: "Cloud Run refuses what is due, after half an hour in which nothing was refused",
    series: { [ATTEMPTS]: "0+10x120", [REFUSED]: "0+10x30 300+0x90" },
    expected: [
      [29, "unreached", false],
      [60, "unreached", true],
    ],
  },
  {
    name: "nothing is due, and then a single attempt is refused",
    series: { [ATTEMPTS]: "0+0x60 1+0x60" },
    expected: [
      [50, "unreached", false],
      [70, "unreached", false],
    ],
  },
  {
    name: "the canary comes back each hour, and then no more",
    series: { [DONE]: "0+0x6 1+0x59 2+0x59 3+0x59 4+0x400" },
    expected: [
      [200, "canary-hourly", false],
      [290, "canary-hourly", false],
      [330, "canary-hourly", true],
    ],
  },
];
