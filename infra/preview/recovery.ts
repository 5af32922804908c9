import type { RecordedResource } from "./recorded-resource.ts";
import { textOf } from "./wire-values.ts";

/**
 * What an update that was killed may leave behind: a resource that exists, while Pulumi's state doesn't have it. Then
 * the next update creates it once more.
 *
 * - import: that fails with a 409, since the name is taken. The id is what `pulumi import` wants; FIND stands for a part
 *   that Google chose, to be looked up.
 * - adopted: the next update takes what is there.
 * - repeatable: creating it again changes nothing.
 * - leftover: the next update makes another, under its own name or id. The first one remains.
 */
export type Recovery =
  | { readonly kind: "import"; readonly id: string }
  | { readonly kind: "adopted" | "repeatable" | "leftover" };

const imported = (id: string): Recovery => ({ kind: "import", id });
const ADOPTED: Recovery = { kind: "adopted" };
const REPEATABLE: Recovery = { kind: "repeatable" };
const LEFTOVER: Recovery = { kind: "leftover" };

/** By type. Ids are the providers' own formats (https://www.pulumi.com/registry/packages/gcp/), filled from the inputs. */
export const RECOVERIES: ReadonlyMap<string, Recovery> = new Map([
  [
    "gcp:artifactregistry/repository:Repository",
    imported("projects/{{project}}/locations/{{location}}/repositories/{{repositoryId}}"),
  ],
  ["gcp:cloudrunv2/service:Service", imported("projects/{{project}}/locations/{{location}}/services/{{name}}")],
  ["gcp:compute/address:Address", imported("projects/{{project}}/regions/{{region}}/addresses/{{name}}")],
  ["gcp:compute/network:Network", imported("projects/{{project}}/global/networks/{{name}}")],
  ["gcp:compute/router:Router", imported("projects/{{project}}/regions/{{region}}/routers/{{name}}")],
  ["gcp:compute/routerNat:RouterNat", imported("projects/{{project}}/regions/{{region}}/routers/{{router}}/{{name}}")],
  ["gcp:compute/subnetwork:Subnetwork", imported("projects/{{project}}/regions/{{region}}/subnetworks/{{name}}")],
  ["gcp:eventarc/trigger:Trigger", imported("projects/{{project}}/locations/{{location}}/triggers/{{name}}")],
  [
    "gcp:firestore/backupSchedule:BackupSchedule",
    imported("projects/{{project}}/databases/{{database}}/backupSchedules/FIND"),
  ],
  ["gcp:firestore/database:Database", imported("projects/{{project}}/databases/{{name}}")],
  [
    "gcp:firestore/index:Index",
    imported("projects/{{project}}/databases/{{database}}/collectionGroups/{{collection}}/indexes/FIND"),
  ],
  ["gcp:logging/metric:Metric", imported("{{name}}")],
  ["gcp:logging/projectExclusion:ProjectExclusion", imported("projects/{{projectId}}/exclusions/{{name}}")],
  ["gcp:logging/projectSink:ProjectSink", imported("projects/{{projectId}}/sinks/{{name}}")],
  ["gcp:projects/iAMCustomRole:IAMCustomRole", imported("projects/{{project}}/roles/{{roleId}}")],
  ["gcp:secretmanager/secret:Secret", imported("projects/{{project}}/secrets/{{secretId}}")],
  ["gcp:serviceaccount/account:Account", ADOPTED],
  ["gcp:logging/projectBucketConfig:ProjectBucketConfig", ADOPTED],
  ["gcp:cloudrunv2/serviceIamMember:ServiceIamMember", REPEATABLE],
  ["gcp:cloudtasks/queueIamMember:QueueIamMember", REPEATABLE],
  ["gcp:firestore/field:Field", REPEATABLE],
  ["gcp:iap/webCloudRunServiceIamMember:WebCloudRunServiceIamMember", REPEATABLE],
  ["gcp:projects/iAMAuditConfig:IAMAuditConfig", REPEATABLE],
  ["gcp:projects/iAMMember:IAMMember", REPEATABLE],
  ["gcp:projects/service:Service", REPEATABLE],
  ["gcp:projects/serviceIdentity:ServiceIdentity", REPEATABLE],
  ["gcp:secretmanager/secretIamMember:SecretIamMember", REPEATABLE],
  ["gcp:serviceaccount/iAMMember:IAMMember", REPEATABLE],
  ["gcp:billing/budget:Budget", LEFTOVER],
  ["gcp:cloudscheduler/job:Job", LEFTOVER],
  ["gcp:cloudtasks/queue:Queue", LEFTOVER],
  ["gcp:monitoring/alertPolicy:AlertPolicy", LEFTOVER],
  ["gcp:monitoring/customService:CustomService", LEFTOVER],
  ["gcp:monitoring/dashboard:Dashboard", LEFTOVER],
  ["gcp:monitoring/notificationChannel:NotificationChannel", LEFTOVER],
  ["gcp:monitoring/slo:Slo", LEFTOVER],
  ["gcp:secretmanager/secretVersion:SecretVersion", LEFTOVER],
]);

/** The command that brings each resource with a fixed name into Pulumi's state, in the graph's order. */
export function importCommands(resources: readonly RecordedResource[], project: string): string[] {
  return resources.flatMap((resource) => {
    const recovery = RECOVERIES.get(resource.type);
    if (recovery?.kind !== "import") return [];
    const known = new Map(Object.entries({ project, projectId: project, ...resource.inputs }));
    const id = recovery.id.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => textOf(known.get(key)));
    const flags = ["--yes", "--protect=false", "--generate-code=false"];
    const owners = [`--parent 'parent=${resource.parent}'`, `--provider 'provider=${resource.provider}'`];
    return [["pulumi import", ...flags, ...owners, resource.type, `'${resource.name}'`, `'${id}'`].join(" ")];
  });
}
