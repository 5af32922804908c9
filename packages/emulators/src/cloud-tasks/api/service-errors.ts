import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";

/**
 * The errors of Cloud Tasks in its own words, odd grammar included: callers see these texts, and some match them. Most
 * were recorded from the service (test/recordings/cloud-tasks).
 */

const REFERENCE = "https://cloud.google.com/tasks/docs/reference/rest/v2";

/** INVALID_ARGUMENT with the given text. */
export const invalidArgument = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);

/** A name in a request doesn't have the form that its field requires. */
export const malformedResource = (): RpcError => invalidArgument("Invalid resource field value in the request.");

/** The queue to create or update has a name of another form. */
export function malformedQueueName(): RpcError {
  const form = "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>";
  const url = `${REFERENCE}/projects.locations.queues#Queue.FIELDS.name`;
  return new RpcError(RpcCode.INVALID_ARGUMENT, `Queue name must be formatted: "${form}".`, [
    { type: "google.rpc.Help", links: [{ description: "Definition of queue name", url }] },
  ]);
}

/** The queue's id has characters that are not allowed, or is too long. */
export const invalidQueueId = (id: string): RpcError =>
  invalidArgument(
    `Queue ID "${id}" can contain only letters ([A-Za-z]), numbers ([0-9]), or hyphens (-). Queue ID must be between 1 and 100 characters.`,
  );

/** The queue to create is in a location other than the request's parent. */
export const queueOutsideParent = (names: { queue: string; parent: string }): RpcError =>
  invalidArgument(`${names.queue} must begin with ${names.parent}.`);

/** The parent is not a location. The service takes it for a project that nobody may use. */
export function unknownProject(project: string): RpcError {
  const message = `Permission denied on resource project ${project}.`;
  const metadata = {
    consumer: `projects/${project}`,
    containerInfo: project,
    service: "cloudtasks.googleapis.com",
  };
  const console = { description: "Google developers console", url: "https://console.developers.google.com" };
  return new RpcError(RpcCode.PERMISSION_DENIED, message, [
    { type: "google.rpc.ErrorInfo", reason: "CONSUMER_INVALID", domain: "googleapis.com", metadata },
    { type: "google.rpc.LocalizedMessage", locale: "en-US", message },
    { type: "google.rpc.Help", links: [console] },
  ]);
}

/** CreateQueue for a queue that exists. */
export const queueExists = (): RpcError => new RpcError(RpcCode.ALREADY_EXISTS, "Queue already exists");

/** CreateQueue or UpdateQueue for the name of a queue that was deleted a few days ago. */
export const queueNameTaken = (): RpcError =>
  new RpcError(
    RpcCode.FAILED_PRECONDITION,
    "The queue cannot be created because a queue with this name existed too recently.",
  );

/** Any call for a queue that doesn't exist, except DeleteQueue. */
export const queueNotFound = (): RpcError =>
  new RpcError(
    RpcCode.NOT_FOUND,
    "Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize.",
  );

/** The task never existed, or the queue to delete doesn't exist. */
export const entityNotFound = (): RpcError => new RpcError(RpcCode.NOT_FOUND, "Requested entity was not found.");

/** The task existed until recently. */
export const taskGone = (): RpcError =>
  new RpcError(
    RpcCode.NOT_FOUND,
    "The task no longer exists, though a task with this name existed recently. The task either successfully completed or was deleted.",
  );

/** CreateTask for the name of an existing task. */
export const taskExists = (): RpcError => new RpcError(RpcCode.ALREADY_EXISTS, "Requested entity already exists");

/** CreateTask for the name of a task that finished or was deleted recently. */
export const taskNameTaken = (): RpcError =>
  new RpcError(
    RpcCode.ALREADY_EXISTS,
    "The task cannot be created because a task with this name existed too recently. " +
      `For more information about task de-duplication see ${REFERENCE}/projects.locations.queues.tasks/create#body.request_body.FIELDS.task.`,
  );

/** The task to create has a name of another form. */
export const malformedTaskName = (): RpcError =>
  invalidArgument(
    'Task name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>/tasks/<TASK_ID>"',
  );

/** The task's id has characters that are not allowed, or is too long. */
export function invalidTaskId(id: string): RpcError {
  const url = `${REFERENCE}/projects.locations.queues.tasks#Task.FIELDS.name`;
  return new RpcError(
    RpcCode.INVALID_ARGUMENT,
    `Task ID "${id}" can contain only letters ([A-Za-z]), numbers ([0-9]), hyphens (-), or underscores (_). Task ID must between 1 and 500 characters.`,
    [{ type: "google.rpc.Help", links: [{ description: "Definition of task ID", url }] }],
  );
}

/** The task to create is in a queue other than the request's parent. */
export const taskOutsideQueue = (names: { parent: string; queue: string }): RpcError =>
  invalidArgument(
    `The queue name from request ('${names.parent}') must be the same as the queue name in the named task ('${names.queue}').`,
  );

/** The emulator delivers to HTTP targets only. */
export const appEngineTarget = (): RpcError =>
  new RpcError(
    RpcCode.UNIMPLEMENTED,
    "This emulator delivers HTTP targets only: set Task.http_request instead of Task.app_engine_http_request.",
  );
