import grpc from "@grpc/grpc-js";
import callbackServices from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import callbacks from "@pulumi/pulumi/proto/callback_pb.js";
import resources from "@pulumi/pulumi/proto/resource_pb.js";

/**
 * Calls a function that the program registered. The program serves its functions itself and identifies each by a token.
 */
async function callBack(callback: callbacks.Callback, request: Uint8Array): Promise<Uint8Array> {
  const client = new callbackServices.CallbacksClient(callback.getTarget(), grpc.credentials.createInsecure());
  const invocation = new callbacks.CallbackInvokeRequest();
  invocation.setToken(callback.getToken());
  invocation.setRequest(request);
  try {
    return await new Promise((resolve, reject) => {
      client.invoke(invocation, (error, response) => (error ? reject(error) : resolve(response.getResponse_asU8())));
    });
  } finally {
    client.close();
  }
}

/** Runs the program's transforms on a resource request, each on the result of the previous one. */
export async function applyTransforms(
  request: resources.RegisterResourceRequest,
  transforms: readonly callbacks.Callback[],
): Promise<void> {
  for (const transform of transforms) {
    const asked = new resources.TransformRequest();
    asked.setType(request.getType());
    asked.setName(request.getName());
    asked.setCustom(request.getCustom());
    asked.setParent(request.getParent());
    asked.setProperties(request.getObject());
    asked.setOptions(optionsOf(request));
    const answer = await callBack(transform, asked.serializeBinary());
    const { options } = readAnswer(request, resources.TransformResponse.deserializeBinary(answer));
    if (options) setOptions(request, options);
  }
}

function optionsOf(request: resources.RegisterResourceRequest): resources.TransformResourceOptions {
  const options = new resources.TransformResourceOptions();
  options.setDependsOnList(request.getDependenciesList());
  options.setProtect(request.getProtect() ?? false);
  options.setIgnoreChangesList(request.getIgnorechangesList());
  options.setHooks(request.getHooks());
  options.setDeletedWith(request.getDeletedwith());
  options.setVersion(request.getVersion());
  options.setProvider(request.getProvider());
  return options;
}

function readAnswer(request: resources.RegisterResourceRequest, answer: resources.TransformResponse) {
  const properties = answer.getProperties();
  if (properties) request.setObject(properties);
  return { options: answer.getOptions() };
}

function setOptions(request: resources.RegisterResourceRequest, options: resources.TransformResourceOptions): void {
  request.setDependenciesList(options.getDependsOnList());
  request.setProtect(options.getProtect() ?? false);
  request.setIgnorechangesList(options.getIgnoreChangesList());
  request.setHooks(options.getHooks());
}

/**
 * Runs a resource's hooks, one after the other.
 *
 * @throws Error with a hook's own message, if one fails.
 */
export async function runHooks(
  { urn, name, type }: { readonly urn: string; readonly name: string; readonly type: string },
  hooks: readonly callbacks.Callback[],
): Promise<void> {
  for (const hook of hooks) {
    const asked = new resources.ResourceHookRequest();
    asked.setUrn(urn);
    asked.setName(name);
    asked.setType(type);
    const answer = resources.ResourceHookResponse.deserializeBinary(await callBack(hook, asked.serializeBinary()));
    if (answer.getError() !== "") throw new Error(answer.getError());
  }
}

/** Asks a resource's hooks whether to retry its creation or update, which failed with these errors, latest first. */
export async function wantsRetry(
  failed: {
    readonly urn: string;
    readonly name: string;
    readonly type: string;
    readonly operation: "create" | "update";
    readonly errors: readonly string[];
  },
  hooks: readonly callbacks.Callback[],
): Promise<boolean> {
  for (const hook of hooks) {
    const asked = new resources.ErrorHookRequest();
    asked.setUrn(failed.urn);
    asked.setName(failed.name);
    asked.setType(failed.type);
    asked.setFailedOperation(failed.operation);
    asked.setErrorsList([...failed.errors]);
    const answer = resources.ErrorHookResponse.deserializeBinary(await callBack(hook, asked.serializeBinary()));
    if (answer.getRetry()) return true;
  }
  return false;
}
