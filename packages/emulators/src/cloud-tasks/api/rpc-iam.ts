import crypto from "node:crypto";
import type { Policy } from "../state/queue.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { type RpcContext, requireQueue } from "./rpc-context.ts";
import { invalidArgument, unsupported } from "./service-errors.ts";
import type { GetIamPolicyRequest, SetIamPolicyRequest, TestIamPermissionsRequest, WirePolicy } from "../wire/wire.ts";

/** The etag of a queue that never had a policy, as recorded: ACAB in base64. */
const FIRST_ETAG = "ACAB";
const NO_POLICY: Policy = { version: 0, bindings: [] };

/** What may be asked for a queue. Permissions of locations, such as to create queues, aren't among them. */
const QUEUE_PERMISSIONS = new Set([
  ...["delete", "get", "getIamPolicy", "pause", "purge", "resume", "setIamPolicy", "update"].map(
    (name) => `cloudtasks.queues.${name}`,
  ),
  ...["create", "delete", "fullView", "get", "list", "run"].map((name) => `cloudtasks.tasks.${name}`),
]);

const MAX_POLICY_VERSION = 3;
const ROLE = /^(?:(?:organizations|projects)\/[^/]+\/)?roles\/[^/]+$/;
const MEMBER =
  /^(?:allUsers$|allAuthenticatedUsers$|(?:user|serviceAccount|group|domain|principal|principalSet|deleted):)/;

/** Handles the IAM RPCs of queues. Policies are stored and returned, but have no effect: locally anybody may do anything. */
export function createIamHandlers(context: RpcContext) {
  return {
    GetIamPolicy: (request: GetIamPolicyRequest) =>
      policyToWire(requireQueue(context, request.resource, "GetIamPolicy").settings.policy ?? NO_POLICY),
    SetIamPolicy: (request: SetIamPolicyRequest) => setIamPolicy(context, request),
    TestIamPermissions: (request: TestIamPermissionsRequest) => testIamPermissions(context, request),
  };
}

function setIamPolicy(context: RpcContext, request: SetIamPolicyRequest): WirePolicy {
  const queue = requireQueue(context, request.resource, "SetIamPolicy");
  const wire = request.policy ?? {};
  const bindings = parseBindings(wire);
  const current = Buffer.from(queue.settings.policy?.etag ?? FIRST_ETAG, "base64");
  const basedOn = Buffer.from(wire.etag ?? "");
  // An update based on an older policy would undo later changes (https://cloud.google.com/iam/docs/policies#etag).
  if (basedOn.length > 0 && !basedOn.equals(current)) throw staleEtag({ basedOn, current });
  const policy = { version: 1, bindings, etag: crypto.randomBytes(8).toString("base64") };
  context.state.commitQueue(queue.name.name, { ...queue.settings, policy });
  return policyToWire(policy);
}

/** Checks bindings, and merges those of one role. */
function parseBindings(policy: WirePolicy): Policy["bindings"] {
  if (policy.auditConfigs && policy.auditConfigs.length > 0) throw unsupported("Policy.audit_configs");
  if ((policy.version ?? 0) > MAX_POLICY_VERSION) {
    throw invalidArgument(
      `Specified policy version (${policy.version}) is not supported. For more information, please refer to https://cloud.google.com/iam/help/allow-policies/versions.`,
    );
  }
  const byRole = new Map<string, Set<string>>();
  for (const { role, members, condition } of policy.bindings ?? []) {
    if (condition) throw invalidArgument("Can't set conditional policy on this resource");
    if (!ROLE.test(role ?? "")) throw invalidRole();
    const unknown = members?.find((member) => !MEMBER.test(member));
    if (unknown !== undefined) throw unknownMember(unknown);
    const known = byRole.get(role ?? "") ?? new Set();
    byRole.set(role ?? "", new Set([...known, ...(members ?? [])]));
  }
  return [...byRole]
    .filter(([, members]) => members.size > 0)
    .map(([role, members]) => ({ role, members: [...members].toSorted() }))
    .toSorted((a, b) => (a.role < b.role ? -1 : 1));
}

const invalidRole = (): RpcError =>
  invalidArgument(
    'The role name must be in the form "roles/{role}", "organizations/{organization_id}/roles/{role}", or "projects/{project_id}/roles/{role}".',
  );

const unknownMember = (member: string): RpcError =>
  invalidArgument(`The member ${member} is of an unknown type. Please set a valid type prefix for the member.`);

function staleEtag({ basedOn, current }: { basedOn: Buffer; current: Buffer }): RpcError {
  return new RpcError(
    RpcCode.ABORTED,
    "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. " +
      `The request's ETag '${escaped(basedOn)}' did not match the current policy's ETag '${escaped(current)}'.`,
  );
}

/** Bytes as the service prints them: in octal, unless they are printable. */
function escaped(bytes: Buffer): string {
  return [...bytes]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`,
    )
    .join("");
}

/** Grants all that a queue can grant. */
function testIamPermissions(context: RpcContext, request: TestIamPermissionsRequest) {
  requireQueue(context, request.resource, "TestIamPermissions");
  const { permissions } = request;
  if (permissions.length === 0) throw invalidArgument("At least one permission must be specified.");
  for (const permission of permissions) {
    if (!/^[^.*]+\.[^.*]+\.[^.*]+$/.test(permission)) throw invalidArgument(`The permission ${permission} is invalid.`);
    if (!QUEUE_PERMISSIONS.has(permission)) {
      throw invalidArgument(`Permission ${permission} is not valid for this resource.`);
    }
  }
  return { permissions: permissions.toSorted() };
}

function policyToWire({ version, bindings, etag }: Policy): WirePolicy {
  return {
    version,
    etag: Buffer.from(etag ?? FIRST_ETAG, "base64"),
    bindings: bindings.map(({ role, members }) => ({ role, members: [...members] })),
  };
}
