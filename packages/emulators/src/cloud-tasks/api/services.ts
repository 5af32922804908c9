import type { RpcHandler } from "../../rpc/bind-service.ts";
import type { EndpointOptions } from "../../rpc/endpoint.ts";
import type { RestOptions } from "../../rpc/rest.ts";
import { Access } from "./access.ts";
import type { BufferVersion } from "./batches/buffer-surface.ts";
import { Operations, createOperationHandlers } from "./batches/operations.ts";
import { createBatchHandlers } from "./batches/rpc-batches.ts";
import { firebaseForm } from "./front/firebase-form.ts";
import { createCmekHandlers } from "./project/rpc-cmek.ts";
import { createLocationHandlers } from "./project/rpc-locations.ts";
import { refuseFarDeadline } from "./front/request-deadline.ts";
import type { RpcContext } from "./rpc-context.ts";
import { type ApiVersion, tasksProtos } from "../protos/load-protos.ts";
import { createIamHandlers } from "./rpc-iam.ts";
import { createQueueHandlers } from "./rpc-queues.ts";
import { createTaskHandlers } from "./rpc-tasks.ts";
import { asV2beta2, taskInV2beta2 } from "./versions/v2beta2.ts";
import { asV2beta3 } from "./versions/v2beta3.ts";

type Handlers = Readonly<Record<string, RpcHandler>>;

/** What all services need. */
interface ServiceDeps extends Omit<RpcContext, "access" | "taskType" | "queueType"> {
  /** The id of the emulator's own location. */
  readonly location: string;
}

/** All that the emulator serves over gRPC and REST. */
export interface Services {
  /** The handlers of Cloud Tasks v2, by their RPCs. */
  readonly methods: Handlers;
  readonly operations: Operations;
  readonly buffers: readonly BufferVersion[];
  /**
   * The services for an endpoint.
   *
   * @param wrap changes the handlers of every version of Cloud Tasks.
   */
  endpointServices(wrap: (methods: Handlers) => Handlers): EndpointOptions["services"];
}

const PACKAGE = "google.cloud.tasks";
const VERSIONS: readonly ApiVersion[] = ["v2", "v2beta3", "v2beta2"];

/** Times that callers can give to the microsecond have decimal places even when these are zero. */
const REST: RestOptions = { fractionalTimes: new Set(["scheduleTime"]) };

const betaQueue = () => tasksProtos.v2beta3().lookupType(`${PACKAGE}.v2beta3.Queue`);

/** Creates the handlers of Cloud Tasks in its three versions, of locations, and of operations. */
export function createServices(deps: ServiceDeps): Services {
  const protos = tasksProtos.v2();
  const operations = new Operations();
  const contextOf = (version: ApiVersion): RpcContext => ({
    ...deps,
    access: new Access(`${PACKAGE}.${version}.CloudTasks`),
    taskType: protos.lookupType(`${PACKAGE}.v2.Task`),
    queueType: protos.lookupType(`${PACKAGE}.v2.Queue`),
  });
  const handlersOf = (version: ApiVersion): Handlers => {
    const context = contextOf(version);
    const batches = { operations, protos: tasksProtos[version], namespace: `${PACKAGE}.${version}` };
    return {
      ...createQueueHandlers(context),
      ...createTaskHandlers(context),
      ...createIamHandlers(context),
      ...createBatchHandlers(context, batches),
      ...createCmekHandlers(context),
    };
  };
  const versions = {
    v2: handlersOf("v2"),
    v2beta3: asV2beta3(handlersOf("v2beta3"), contextOf("v2beta3"), betaQueue),
    v2beta2: asV2beta2(asV2beta3(handlersOf("v2beta2"), contextOf("v2beta2"), betaQueue)),
  };
  return {
    methods: versions.v2,
    operations,
    buffers: VERSIONS.map((version) => ({
      version,
      context: contextOf(version),
      taskType: () => tasksProtos[version]().lookupType(`${PACKAGE}.${version}.Task`),
      presentTask: version === "v2beta2" ? taskInV2beta2 : (task: object) => task,
    })),
    endpointServices: (wrap) => [
      ...VERSIONS.map((version) => ({
        name: `${PACKAGE}.${version}.CloudTasks`,
        isLate: version !== "v2",
        load: () => tasksProtos[version]().lookupService(`${PACKAGE}.${version}.CloudTasks`),
        methods: wrap(versions[version]),
        rest: { ...REST, version, ...(version === "v2" ? { unversioned: firebaseForm } : {}) },
        admit: refuseFarDeadline,
        refuseUnknownFields: true,
      })),
      {
        name: "google.cloud.location.Locations",
        load: () => protos.lookupService("google.cloud.location.Locations"),
        methods: createLocationHandlers(deps),
        rest: REST,
      },
      {
        name: "google.longrunning.Operations",
        load: () => protos.lookupService("google.longrunning.Operations"),
        methods: createOperationHandlers(operations),
        rest: REST,
      },
    ],
  };
}
