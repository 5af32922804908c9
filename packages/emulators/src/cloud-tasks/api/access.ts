import {
  type LocationName,
  type QueueName,
  type TaskName,
  isQueueId,
  isTaskId,
  parseLocationName,
} from "./resource-names.ts";
import { parseQueueName, parseTaskName } from "./resource-names.ts";
import {
  emptyName,
  invalidLocation,
  invalidQueueId,
  invalidTaskId,
  noPermission,
  unknownProject,
} from "./service-errors.ts";

/** The permission that each RPC needs (https://cloud.google.com/tasks/docs/reference-access-control). */
const PERMISSIONS = {
  ListQueues: "cloudtasks.queues.list",
  GetQueue: "cloudtasks.queues.get",
  CreateQueue: "cloudtasks.queues.create",
  UpdateQueue: "cloudtasks.queues.update",
  DeleteQueue: "cloudtasks.queues.delete",
  PurgeQueue: "cloudtasks.queues.purge",
  PauseQueue: "cloudtasks.queues.pause",
  ResumeQueue: "cloudtasks.queues.resume",
  // As recorded: what isn't a queue's name is taken for a list of queues.
  GetIamPolicy: "cloudtasks.queues.list",
  SetIamPolicy: "cloudtasks.queues.list",
  TestIamPermissions: "cloudtasks.queues.list",
  ListTasks: "cloudtasks.tasks.list",
  GetTask: "cloudtasks.tasks.get",
  CreateTask: "cloudtasks.tasks.create",
  BufferTask: "cloudtasks.tasks.create",
  BatchCreateTasks: "cloudtasks.tasks.create",
  DeleteTask: "cloudtasks.tasks.delete",
  BatchDeleteTasks: "cloudtasks.tasks.delete",
  RunTask: "cloudtasks.tasks.run",
  GetCmekConfig: "cloudtasks.cmekConfig.get",
  UpdateCmekConfig: "cloudtasks.cmekConfig.update",
  GetOperation: "cloudtasks.operations.get",
  GetLocation: "cloudtasks.locations.get",
  ListLocations: "cloudtasks.locations.list",
} as const;

/** An RPC that names a resource. */
export type NamingRpc = keyof typeof PERMISSIONS;

/**
 * Checks the names in the requests of a service as Google's front end does: whoever asks for an impossible name may not
 * have it. The emulator grants everything else.
 */
export class Access {
  readonly #service: string;

  /** @param service the full name, such as `google.cloud.tasks.v2.CloudTasks`. */
  constructor(service: string) {
    this.#service = service;
  }

  /** @throws RpcError INVALID_ARGUMENT or PERMISSION_DENIED when it is not a location's name. */
  location(name: string, rpc: NamingRpc): LocationName {
    const location = this.resource(name, rpc, parseLocationName);
    refuseWildcard(location);
    return location;
  }

  /** @throws RpcError INVALID_ARGUMENT or PERMISSION_DENIED when it is not a queue's name. */
  queue(name: string, rpc: NamingRpc): QueueName {
    const queue = this.resource(name, rpc, parseQueueName);
    refuseWildcard(queue);
    if (!isQueueId(queue.queueId)) throw invalidQueueId(queue.queueId);
    return queue;
  }

  /** @throws RpcError INVALID_ARGUMENT or PERMISSION_DENIED when it is not a task's name. */
  task(name: string, rpc: NamingRpc): TaskName {
    const task = this.resource(name, rpc, parseTaskName);
    refuseWildcard(task.queue);
    if (!isQueueId(task.queue.queueId)) throw invalidQueueId(task.queue.queueId);
    if (!isTaskId(task.taskId)) throw invalidTaskId(task.taskId);
    return task;
  }

  /**
   * Parses a name of another kind.
   *
   * @throws RpcError INVALID_ARGUMENT or PERMISSION_DENIED when `parse` can't.
   */
  resource<Name>(name: string, rpc: NamingRpc, parse: (name: string) => Name | undefined): Name {
    this.inProject(name, rpc);
    const parsed = parse(name);
    if (parsed === undefined) throw noPermission({ permission: PERMISSIONS[rpc], resource: name });
    return parsed;
  }

  /** @throws RpcError INVALID_ARGUMENT or PERMISSION_DENIED when the name is not in a project. */
  inProject(name: string, rpc: NamingRpc): void {
    if (name === "") throw emptyName(`${this.#service}.${rpc}`);
    if (!name.startsWith("projects/")) throw unknownProject(name);
  }
}

function refuseWildcard({ location }: LocationName): void {
  if (location === "-") throw invalidLocation(location);
}
