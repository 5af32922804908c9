/** What Cloud Scheduler says of a run (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#httptarget). */
const SCHEDULER_JOB = "X-CloudScheduler-JobName";
const SCHEDULER_TIME = "X-CloudScheduler-ScheduleTime";

/**
 * The key of a request that brings none of its own but comes from Cloud Scheduler: the job and the run's time, which
 * every repetition of the run carries. Undefined for any other request. Forged, it does what a forged key does: nothing
 * but to stand for itself.
 */
export function keyOfScheduledRun(header: (name: string) => string | undefined): string | undefined {
  const job = header(SCHEDULER_JOB);
  const time = header(SCHEDULER_TIME);
  return job === undefined || time === undefined ? undefined : `schedule/${job}/${time}`;
}

const PATTERN = /^[\x21-\x7e]{1,255}$/;

/** Whether a header's value can be an idempotency key: 1 to 255 visible ASCII characters, no spaces. */
export function isIdempotencyKey(value: string): boolean {
  return PATTERN.test(value);
}
