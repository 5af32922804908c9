import type { RpcContext } from "../rpc-context.ts";
import type { NamingRpc } from "../access.ts";
import { parseLocationName } from "../resource-names.ts";
import { RpcCode, RpcError } from "../../../rpc/rpc-error.ts";
import { entityNotFound, invalidArgument } from "../service-errors.ts";

interface CmekConfig {
  readonly name?: string | null;
  readonly kmsKey?: string | null;
}

interface UpdateCmekConfigRequest {
  readonly cmekConfig?: CmekConfig | null;
  readonly updateMask?: { readonly paths?: readonly string[] | null } | null;
}

const KEY = /^projects\/[^/]+\/locations\/(?<location>[^/]+)\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/;
const KEY_RING_OR_VERSION =
  /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+(?:\/cryptoKeys\/[^/]+\/cryptoKeyVersions\/[^/]+)?$/;

/** Handles the RPCs on the key of a location. It is stored and returned, but encrypts nothing. */
export function createCmekHandlers(context: RpcContext) {
  return {
    GetCmekConfig: ({ name }: { name: string }): CmekConfig => {
      const location = locationOf(context, name, "GetCmekConfig");
      return configOf(context, name, location);
    },
    UpdateCmekConfig: (request: UpdateCmekConfigRequest) => updateCmekConfig(context, request),
  };
}

function updateCmekConfig(context: RpcContext, request: UpdateCmekConfigRequest): CmekConfig {
  const name = request.cmekConfig?.name ?? "";
  const location = locationOf(context, name, "UpdateCmekConfig");
  const paths = request.updateMask?.paths;
  const unknown = paths?.find((path) => path !== "kms_key" && path !== "name");
  if (unknown !== undefined) throw invalidArgument(`Invalid mask: ${unknown}`);
  if (!paths || paths.includes("kms_key")) {
    const kmsKey = request.cmekConfig?.kmsKey ?? "";
    if (kmsKey !== "") checkKey(context, kmsKey, location);
    context.state.commit({ kind: "cmek-set", location, kmsKey });
  }
  return configOf(context, name, location);
}

/** Only the key's form and its location are checked: the emulator can't see Cloud KMS. */
function checkKey({ state }: RpcContext, key: string, location: string): void {
  const overridden = [...state.queues.values()].some(
    ({ name, settings }) =>
      name.name.startsWith(`${location}/`) && (settings.config.httpTarget?.headers.length ?? 0) > 0,
  );
  if (overridden) throw hasHeaderOverrides();
  if (KEY_RING_OR_VERSION.test(key)) throw invalidArgument("Request contains an invalid argument.");
  const groups = KEY.exec(key)?.groups;
  if (!groups) throw invalidArgument(`Resource name [${key}] does not match any known resource name pattern.`);
  if (groups["location"] !== parseLocationName(location)?.location) throw entityNotFound();
}

function hasHeaderOverrides(): RpcError {
  return new RpcError(
    RpcCode.FAILED_PRECONDITION,
    "CMEK cannot be enabled on any project that has one or more queues with HTTP Target Override headers or tasks ttl of more than 60 days.",
    [
      {
        type: "google.rpc.ErrorInfo",
        reason: "UNSATISFIED_PRECONDITION_FOR_CMEK",
        domain: "cloudtasks.googleapis.com",
        metadata: {},
      },
    ],
  );
}

function configOf({ state }: RpcContext, name: string, location: string): CmekConfig {
  return { name, kmsKey: state.cmekKeys.get(location) ?? "" };
}

function locationOf({ access }: RpcContext, name: string, rpc: NamingRpc): string {
  access.inProject(name, rpc);
  const location = /^(.*)\/cmekConfig$/.exec(name)?.[1];
  if (location !== undefined && parseLocationName(location)) return location;
  throw invalidArgument(
    'CMEK Config name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/cmekConfig".',
  );
}
