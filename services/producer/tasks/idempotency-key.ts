/** What Cloud Scheduler sends with a request (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#httptarget). */
const SCHEDULER_JOB = "X-CloudScheduler-JobName";
const SCHEDULER_TIME = "X-CloudScheduler-ScheduleTime";

/**
 * The key of a request from Cloud Scheduler that brings none of its own: the job and the time it was due, which are the
 * same each time the request is repeated. Undefined for any other request. Forging it does no more than forging a key
 * does.
 */
export function schedulerKey(header: (name: string) => string | undefined): string | undefined {
  const job = header(SCHEDULER_JOB);
  const time = header(SCHEDULER_TIME);
  return job === undefined || time === undefined ? undefined : `schedule/${job}/${time}`;
}

const PATTERN = /^[\x21-\x7e]{1,255}$/;

/** Whether a header's value can be an idempotency key: 1 to 255 visible ASCII characters, no spaces. */
export function isIdempotencyKey(value: string): boolean {
  return PATTERN.test(value);
}
