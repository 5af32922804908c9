import grpc from "@grpc/grpc-js";
import type callbacks from "@pulumi/pulumi/proto/callback_pb.js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import resourceServices from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resources from "@pulumi/pulumi/proto/resource_pb.js";
import type { Message } from "google-protobuf";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { applyTransforms } from "./callbacks.ts";
import { type Faults, OfflineCloud, type ResourceState } from "./cloud/offline-cloud.ts";
import { type RecordedResource, recordResource, urnOf } from "./recorded-resource.ts";
import { type Step, stepFor, takeStep } from "./steps.ts";
import { fieldsOf, shown } from "./wire-values.ts";

export interface EngineOptions extends Faults {
  readonly stack: string;
  /** A preview leaves generated values unknown, as Pulumi does; an update makes them up. */
  readonly mode: "preview" | "update";
  /** What earlier runs left, and where this one leaves its own; default: nothing. */
  readonly cloud?: OfflineCloud;
}

/** Everything a program asked the engine for. */
export interface Recording {
  readonly resources: readonly RecordedResource[];
  /** What was done with each of them, or would be. */
  readonly steps: readonly Step[];
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Messages that the program logged as errors. */
  readonly errors: readonly string[];
  /** Messages that the program logged as warnings. */
  readonly warnings: readonly string[];
  /** The range of Pulumi versions that the program requires; empty if it doesn't say. */
  readonly pulumiVersions: string;
}

const STACK_TYPE = "pulumi:pulumi:Stack";

/** A handler for one call. Declared as a method, so that TypeScript lets each handler narrow its request type. */
type Unary = { call(request: Message): Message | Promise<Message> }["call"];

/**
 * Stands in for Pulumi's engine and its providers. It records the resources that a program registers, and creates
 * nothing. It serves the engine's own gRPC services on loopback, on a free port.
 */
export class OfflineEngine {
  private readonly options: EngineOptions;
  private readonly cloud: OfflineCloud;
  private readonly server = new grpc.Server();
  private readonly recorded: RecordedResource[] = [];
  private readonly transforms: callbacks.Callback[] = [];
  private readonly hooks = {
    resource: new Map<string, callbacks.Callback>(),
    error: new Map<string, callbacks.Callback>(),
  };
  private readonly steps: Step[] = [];
  private readonly errors: string[] = [];
  private readonly warnings: string[] = [];
  private outputs: Readonly<Record<string, unknown>> = {};
  private pulumiVersions = "";
  private rootUrn = "";

  constructor(options: EngineOptions) {
    this.options = options;
    this.cloud = options.cloud ?? new OfflineCloud();
  }

  get recording(): Recording {
    const { recorded: resources, steps, outputs, errors, warnings, pulumiVersions } = this;
    return { resources, steps, outputs, errors, warnings, pulumiVersions };
  }

  /** Starts listening. Returns the address as host:port. */
  async start(): Promise<string> {
    this.server.addService(resourceServices.ResourceMonitorService, implement(this.monitorCalls()));
    this.server.addService(engineServices.EngineService, implement(this.engineCalls()));
    const credentials = grpc.ServerCredentials.createInsecure();
    const port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    return `127.0.0.1:${port}`;
  }

  stop(): void {
    this.server.forceShutdown();
  }

  private monitorCalls(): Record<string, Unary> {
    return {
      getDeploymentInfo: () => describeDeployment(),
      supportsFeature: () => {
        const answer = new resources.SupportsFeatureResponse();
        answer.setHassupport(true);
        return answer;
      },
      registerPackage: (request: resources.RegisterPackageRequest) => {
        const answer = new resources.RegisterPackageResponse();
        answer.setRef(`ref-${request.getName()}`);
        return answer;
      },
      registerStackTransform: (request: callbacks.Callback) => {
        this.transforms.push(request);
        return new empty.Empty();
      },
      registerErrorHook: (request: resources.RegisterErrorHookRequest) => {
        const callback = request.getCallback();
        if (callback) this.hooks.error.set(request.getName(), callback);
        return new empty.Empty();
      },
      registerResourceHook: (request: resources.RegisterResourceHookRequest) => {
        const callback = request.getCallback();
        if (callback) this.hooks.resource.set(request.getName(), callback);
        return new empty.Empty();
      },
      registerStackInvokeTransform: answerNothing,
      signalAndWaitForShutdown: answerNothing,
      registerResource: (request: resources.RegisterResourceRequest) => this.register(request),
      registerResourceOutputs: (request: resources.RegisterResourceOutputsRequest) => {
        const isStack = request.getUrn() === this.rootUrn;
        if (isStack) this.outputs = fieldsOf(shown(request.getOutputs()?.toJavaScript() ?? {}));
        return new empty.Empty();
      },
      invoke: (request: resources.ResourceInvokeRequest) => {
        const answer = new resources.ResourceInvokeResponse();
        const args = fieldsOf(request.getArgs()?.toJavaScript() ?? {});
        answer.setReturn(struct.Struct.fromJavaScript(this.cloud.invoke(request.getTok(), args)));
        return answer;
      },
    };
  }

  private engineCalls(): Record<string, Unary> {
    return {
      log: (request: engineMessages.LogRequest) => {
        const { ERROR, WARNING } = engineMessages.LogSeverity;
        if (request.getSeverity() === ERROR) this.errors.push(request.getMessage());
        if (request.getSeverity() === WARNING) this.warnings.push(request.getMessage());
        return new empty.Empty();
      },
      getRootResource: () => {
        const answer = new engineMessages.GetRootResourceResponse();
        answer.setUrn(this.rootUrn);
        return answer;
      },
      setRootResource: (request: engineMessages.SetRootResourceRequest) => {
        this.rootUrn = request.getUrn();
        return new engineMessages.SetRootResourceResponse();
      },
      startDebugging: () => new empty.Empty(),
      requirePulumiVersion: (request: engineMessages.RequirePulumiVersionRequest) => {
        this.pulumiVersions = request.getPulumiVersionRange();
        return new engineMessages.RequirePulumiVersionResponse();
      },
    };
  }

  private async register(request: resources.RegisterResourceRequest): Promise<resources.RegisterResourceResponse> {
    await applyTransforms(request, [...request.getTransformsList(), ...this.transforms]);
    const resource = recordResource(request, urnOf(request, this.options.stack));
    if (this.recorded.some(({ urn }) => urn === resource.urn))
      throw new Error(`Duplicate resource URN '${resource.urn}'`);
    this.recorded.push(resource);
    if (resource.type === STACK_TYPE) this.rootUrn = resource.urn;

    const answer = new resources.RegisterResourceResponse();
    answer.setUrn(resource.urn);
    if (!resource.custom) return answer;
    const step = stepFor(resource, this.cloud.state.get(resource.urn));
    this.steps.push(step);
    const { cloud, hooks, options } = this;
    const known =
      this.options.mode === "update"
        ? await takeStep(step, resource, { cloud, hooks, faults: options })
        : cloud.state.get(resource.urn);
    return fillIn(answer, request, { known, isPreview: this.options.mode === "preview" });
  }
}

/** A preview knows what the state knows, with the new inputs over it. */
function fillIn(
  answer: resources.RegisterResourceResponse,
  request: resources.RegisterResourceRequest,
  { known, isPreview }: { readonly known: ResourceState | undefined; readonly isPreview: boolean },
): resources.RegisterResourceResponse {
  const asked = isPreview ? fieldsOf(request.getObject()?.toJavaScript() ?? {}) : {};
  if (known) answer.setId(known.id);
  answer.setObject(struct.Struct.fromJavaScript({ ...known?.outputs, ...asked }));
  return answer;
}

function answerNothing(): empty.Empty {
  return new empty.Empty();
}

function describeDeployment(): resources.DeploymentInfo {
  const { ResourceMonitorFeature: features } = resources;
  const info = new resources.DeploymentInfo();
  info.setSupportedfeaturesList(
    Object.values(features).filter(
      (feature) => typeof feature !== "string" && feature !== features.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    ),
  );
  return info;
}

/** Wraps functions that return a value or a promise as gRPC handlers. */
function implement(calls: Record<string, Unary>): grpc.UntypedServiceImplementation {
  const unary =
    (call: Unary): grpc.handleUnaryCall<Message, Message> =>
    async (context, answer) => {
      try {
        answer(null, await call(context.request));
      } catch (error) {
        answer({ code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
      }
    };
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, unary(call)]));
}
