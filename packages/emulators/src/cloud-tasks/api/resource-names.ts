/** The parts of `projects/P/locations/L`. */
export interface LocationName {
  readonly project: string;
  readonly location: string;
}

/** The parts of `projects/P/locations/L/queues/Q`. */
export interface QueueName extends LocationName {
  /** The whole name. */
  readonly name: string;
  readonly queueId: string;
}

/** The parts of `projects/P/locations/L/queues/Q/tasks/T`. */
export interface TaskName {
  readonly queue: QueueName;
  readonly taskId: string;
}

const LOCATION = /^projects\/(?<project>[A-Za-z0-9.:-]+)\/locations\/(?<location>[A-Za-z0-9-]+)$/;
const QUEUE = /^(?<parent>[^/]+\/[^/]+\/[^/]+\/[^/]+)\/queues\/(?<queueId>[^/]+)$/;
const TASK = /^(?<queue>[^/]+\/[^/]+\/[^/]+\/[^/]+\/[^/]+\/[^/]+)\/tasks\/(?<taskId>[^/]+)$/;
const QUEUE_ID = /^[A-Za-z0-9-]{1,100}$/;
const TASK_ID = /^[A-Za-z0-9_-]{1,500}$/;

/** Parses a location's name. Undefined when it has another form. */
export function parseLocationName(name: string): LocationName | undefined {
  const { project, location } = LOCATION.exec(name)?.groups ?? {};
  return project && location ? { project, location } : undefined;
}

/** Parses a queue's name. Undefined when it has another form; the id may still be invalid. */
export function parseQueueName(name: string): QueueName | undefined {
  const { parent, queueId } = QUEUE.exec(name)?.groups ?? {};
  const at = parent ? parseLocationName(parent) : undefined;
  return at && queueId ? { ...at, name, queueId } : undefined;
}

/** Parses a task's name. Undefined when it has another form; the id may still be invalid. */
export function parseTaskName(name: string): TaskName | undefined {
  const { queue: queueName, taskId } = TASK.exec(name)?.groups ?? {};
  const queue = queueName ? parseQueueName(queueName) : undefined;
  return queue && taskId ? { queue, taskId } : undefined;
}

/** Whether a queue can have this id: 1 to 100 letters, digits and hyphens. */
export const isQueueId = (id: string): boolean => QUEUE_ID.test(id);

/** Whether a task can have this id: 1 to 500 letters, digits, hyphens and underscores. */
export const isTaskId = (id: string): boolean => TASK_ID.test(id);
