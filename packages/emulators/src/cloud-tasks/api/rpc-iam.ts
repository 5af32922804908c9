import crypto from "node:crypto";
import type { Policy } from "../state/queue.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { type RpcContext, requireQueue } from "./rpc-context.ts";
import type { GetIamPolicyRequest, SetIamPolicyRequest, TestIamPermissionsRequest, WirePolicy } from "../wire/wire.ts";

/** Handles the IAM RPCs of queues. Policies are stored and returned, but have no effect: locally anybody may do anything. */
export function createIamHandlers(context: RpcContext) {
  return {
    GetIamPolicy: (request: GetIamPolicyRequest) =>
      policyToWire(requireQueue(context, request.resource).settings.policy),
    SetIamPolicy: (request: SetIamPolicyRequest) => setIamPolicy(context, request),
    TestIamPermissions: (request: TestIamPermissionsRequest) => testIamPermissions(context, request),
  };
}

function setIamPolicy({ state, ...context }: RpcContext, request: SetIamPolicyRequest): WirePolicy {
  const queue = requireQueue({ state, ...context }, request.resource);
  const current = policyToWire(queue.settings.policy);
  const basedOn = Buffer.from(request.policy?.etag ?? "");
  // An update based on an older policy would undo later changes (https://cloud.google.com/iam/docs/policies#etag).
  if (basedOn.length > 0 && !basedOn.equals(current.etag)) {
    throw new RpcError(
      RpcCode.ABORTED,
      "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
    );
  }
  const policy = policyFromWire(request.policy ?? {});
  state.commitQueue(queue.name.name, { ...queue.settings, policy });
  return policyToWire(policy);
}

/** For a missing queue the service grants nothing, rather than fail. */
function testIamPermissions({ state }: RpcContext, request: TestIamPermissionsRequest) {
  return { permissions: state.queues.has(request.resource) ? request.permissions : [] };
}

function policyFromWire(wire: WirePolicy): Policy {
  const bindings = (wire.bindings ?? []).map(({ role, members }) => ({ role: role ?? "", members: members ?? [] }));
  return { version: wire.version ?? 0, bindings };
}

function policyToWire(policy: Policy | undefined) {
  const fields = {
    version: policy?.version ?? 0,
    bindings: (policy?.bindings ?? []).map(({ role, members }) => ({ role, members: [...members] })),
  };
  const etag = crypto.createHash("sha256").update(JSON.stringify(fields)).digest().subarray(0, 8);
  return { ...fields, etag };
}
