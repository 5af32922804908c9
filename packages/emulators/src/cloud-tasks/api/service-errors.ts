import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";

/**
 * The errors of Cloud Tasks in its own words, odd grammar included: callers see these texts, and some match them. Most
 * were recorded from the service (test/recordings/cloud-tasks).
 */

const REFERENCE = "https://cloud.google.com/tasks/docs/reference/rest/v2";

const SERVICE = "cloudtasks.googleapis.com";

/** INVALID_ARGUMENT with the given text. */
export const invalidArgument = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);

/** A request names nothing where it must name a resource. */
export function emptyName(method: string): RpcError {
  const metadata = { method, service: SERVICE };
  return new RpcError(RpcCode.INVALID_ARGUMENT, "Invalid resource field value in the request.", [
    { type: "google.rpc.ErrorInfo", reason: "RESOURCE_PROJECT_INVALID", domain: "googleapis.com", metadata },
  ]);
}

/** A name in a project that isn't the name of what the RPC works on. The service can't tell it from a forbidden one. */
export const noPermission = (needed: { permission: string; resource: string }): RpcError =>
  new RpcError(
    RpcCode.PERMISSION_DENIED,
    `The principal (user or service account) lacks IAM permission "${needed.permission}" for the resource "${needed.resource}" (or the resource may not exist).`,
  );

/** The name of all locations is no location. */
export const invalidLocation = (location: string): RpcError =>
  invalidArgument(`Location '${location}' is not a valid location. Use ListLocations to list valid locations.`);

/** The queue to create or update has a name of another form. */
export function malformedQueueName(): RpcError {
  const form = "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>";
  const url = `${REFERENCE}/projects.locations.queues#Queue.FIELDS.name`;
  return new RpcError(RpcCode.INVALID_ARGUMENT, `Queue name must be formatted: "${form}".`, [
    { type: "google.rpc.Help", links: [{ description: "Definition of queue name", url }] },
  ]);
}

/** The queue's id has characters that are not allowed, or is too long. */
export function invalidQueueId(id: string): RpcError {
  const url = `${REFERENCE}/projects.locations.queues#Queue.FIELDS.name`;
  return new RpcError(
    RpcCode.INVALID_ARGUMENT,
    `Queue ID "${id}" can contain only letters ([A-Za-z]), numbers ([0-9]), or hyphens (-). Queue ID must be between 1 and 100 characters.`,
    [{ type: "google.rpc.Help", links: [{ description: "Definition of queue ID", url }] }],
  );
}

/** The queue to create is in a location other than the request's parent. */
export const queueOutsideParent = (names: { queue: string; parent: string }): RpcError =>
  invalidArgument(`${names.queue} must begin with ${names.parent}.`);

/** The name isn't in a project. The service takes it for a project that nobody may use. */
export function unknownProject(project: string): RpcError {
  const message = `Permission denied on resource project ${project}.`;
  const metadata = {
    consumer: `projects/${project}`,
    containerInfo: project,
    service: SERVICE,
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

/** The task never existed, or its queue doesn't, or the queue to delete doesn't exist. */
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
export function malformedTaskName(): RpcError {
  const form = "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>/tasks/<TASK_ID>";
  const url = `${REFERENCE}/projects.locations.queues.tasks#Task.FIELDS.name`;
  return new RpcError(RpcCode.INVALID_ARGUMENT, `Task name must be formatted: "${form}".`, [
    { type: "google.rpc.Help", links: [{ description: "Definition of task name", url }] },
  ]);
}

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

/** What the emulator doesn't have: the caller learns its name, rather than see it ignored. */
export const unsupported = (what: string): RpcError =>
  new RpcError(RpcCode.UNIMPLEMENTED, `This emulator delivers HTTP targets only, and has no ${what}.`);
