import type protobuf from "protobufjs/light.js";
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
import { createIamHandlers } from "./rpc-iam.ts";
import { createQueueHandlers } from "./rpc-queues.ts";
import { createTaskHandlers } from "./rpc-tasks.ts";
import { asV2beta2, taskInV2beta2 } from "./versions/v2beta2.ts";
import { asV2beta3 } from "./versions/v2beta3.ts";

type Handlers = Readonly<Record<string, RpcHandler>>;

/** What all services need. */
interface ServiceDeps extends Omit<RpcContext, "access" | "taskType" | "queueType"> {
  readonly protos: protobuf.Root;
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

/** Times that callers can give to the microsecond have decimal places even when these are zero. */
const REST: RestOptions = { fractionalTimes: new Set(["scheduleTime"]) };

/** Creates the handlers of Cloud Tasks in its three versions, of locations, and of operations. */
export function createServices(deps: ServiceDeps): Services {
  const { protos } = deps;
  const operations = new Operations();
  const contextOf = (version: string): RpcContext => ({
    ...deps,
    access: new Access(`${PACKAGE}.${version}.CloudTasks`),
    taskType: protos.lookupType(`${PACKAGE}.v2.Task`),
    queueType: protos.lookupType(`${PACKAGE}.v2.Queue`),
  });
  const handlersOf = (version: string): Handlers => {
    const context = contextOf(version);
    const batches = { operations, protos, namespace: `${PACKAGE}.${version}` };
    return {
      ...createQueueHandlers(context),
      ...createTaskHandlers(context),
      ...createIamHandlers(context),
      ...createBatchHandlers(context, batches),
      ...createCmekHandlers(context),
    };
  };
  const betaQueue = protos.lookupType(`${PACKAGE}.v2beta3.Queue`);
  const versions = {
    v2: handlersOf("v2"),
    v2beta3: asV2beta3(handlersOf("v2beta3"), contextOf("v2beta3"), betaQueue),
    v2beta2: asV2beta2(asV2beta3(handlersOf("v2beta2"), contextOf("v2beta2"), betaQueue)),
  };
  return {
    methods: versions.v2,
    operations,
    buffers: Object.keys(versions).map((version) => ({
      version,
      context: contextOf(version),
      taskType: protos.lookupType(`${PACKAGE}.${version}.Task`),
      presentTask: version === "v2beta2" ? taskInV2beta2 : (task: object) => task,
    })),
    endpointServices: (wrap) => [
      ...Object.entries(versions).map(([version, methods]) => ({
        service: protos.lookupService(`${PACKAGE}.${version}.CloudTasks`),
        methods: wrap(methods),
        rest: version === "v2" ? { ...REST, unversioned: firebaseForm } : REST,
        admit: refuseFarDeadline,
        refuseUnknownFields: true,
      })),
      {
        service: protos.lookupService("google.cloud.location.Locations"),
        methods: createLocationHandlers(deps),
        rest: REST,
      },
      {
        service: protos.lookupService("google.longrunning.Operations"),
        methods: createOperationHandlers(operations),
        rest: REST,
      },
    ],
  };
}
