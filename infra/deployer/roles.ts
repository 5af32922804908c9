/** The roles that a pipeline's accounts need for one type of resource: to change it, and to only read it. */
interface Needs {
  readonly change: readonly string[];
  readonly look: readonly string[];
}

/** Lists the resources of every service and reads their policies, but none of their contents. */
const POLICIES = "roles/iam.securityReviewer";

/** Running something as an account requires permission to act as that account. */
const ACT_AS = "roles/iam.serviceAccountUser";

/** Stands for the previewer's custom role: Google's viewer role would also read documents. */
export const DATABASES_VIEWER = "databases-viewer";

const run: Needs = { change: ["roles/run.admin", ACT_AS], look: ["roles/run.viewer"] };
const queues: Needs = { change: ["roles/cloudtasks.queueAdmin"], look: ["roles/cloudtasks.viewer", POLICIES] };
const databases: Needs = { change: ["roles/datastore.owner"], look: [DATABASES_VIEWER] };
const logs: Needs = { change: ["roles/logging.configWriter"], look: ["roles/logging.viewer"] };
const monitoring: Needs = { change: ["roles/monitoring.editor"], look: ["roles/monitoring.viewer"] };
const projectPolicy: Needs = { change: ["roles/resourcemanager.projectIamAdmin"], look: [POLICIES] };
const accounts: Needs = { change: ["roles/iam.serviceAccountAdmin"], look: ["roles/iam.serviceAccountViewer"] };
const images: Needs = { change: ["roles/artifactregistry.admin"], look: ["roles/artifactregistry.reader"] };
const apis: Needs = {
  change: ["roles/serviceusage.serviceUsageAdmin"],
  look: ["roles/serviceusage.serviceUsageViewer"],
};
/** A refresh reads secret versions with their values. */
const secrets: Needs = {
  change: ["roles/secretmanager.admin"],
  look: ["roles/secretmanager.viewer", "roles/secretmanager.secretAccessor"],
};
const NOTHING: Needs = { change: [], look: [] };

/**
 * The project roles that each type of resource in a stack needs (https://cloud.google.com/iam/docs/roles-permissions).
 * A test compares this with the graph.
 */
export const ROLES_BY_TYPE: ReadonlyMap<string, Needs> = new Map([
  ["docker-build:index:Image", images],
  ["gcp:artifactregistry/repository:Repository", images],
  // The budget belongs to the billing account; see docs/pipeline.md.
  ["gcp:billing/budget:Budget", NOTHING],
  ["gcp:cloudrunv2/service:Service", run],
  ["gcp:cloudrunv2/serviceIamMember:ServiceIamMember", run],
  [
    "gcp:cloudscheduler/job:Job",
    { change: ["roles/cloudscheduler.admin", ACT_AS], look: ["roles/cloudscheduler.viewer"] },
  ],
  ["gcp:cloudtasks/queue:Queue", queues],
  ["gcp:cloudtasks/queueIamMember:QueueIamMember", queues],
  ["gcp:eventarc/trigger:Trigger", { change: ["roles/eventarc.admin", ACT_AS], look: ["roles/eventarc.viewer"] }],
  ["gcp:firestore/backupSchedule:BackupSchedule", databases],
  ["gcp:firestore/database:Database", databases],
  ["gcp:firestore/field:Field", databases],
  ["gcp:firestore/index:Index", databases],
  [
    "gcp:iap/webCloudRunServiceIamMember:WebCloudRunServiceIamMember",
    { change: ["roles/iap.admin"], look: [POLICIES] },
  ],
  ["gcp:logging/metric:Metric", logs],
  ["gcp:logging/projectBucketConfig:ProjectBucketConfig", logs],
  ["gcp:logging/projectExclusion:ProjectExclusion", logs],
  ["gcp:logging/projectSink:ProjectSink", logs],
  ["gcp:monitoring/alertPolicy:AlertPolicy", monitoring],
  ["gcp:monitoring/customService:CustomService", monitoring],
  ["gcp:monitoring/dashboard:Dashboard", monitoring],
  ["gcp:monitoring/notificationChannel:NotificationChannel", monitoring],
  ["gcp:monitoring/slo:Slo", monitoring],
  ["gcp:projects/iAMAuditConfig:IAMAuditConfig", projectPolicy],
  ["gcp:projects/iAMCustomRole:IAMCustomRole", { change: ["roles/iam.roleAdmin"], look: ["roles/iam.roleViewer"] }],
  ["gcp:projects/iAMMember:IAMMember", projectPolicy],
  ["gcp:projects/service:Service", apis],
  ["gcp:projects/serviceIdentity:ServiceIdentity", apis],
  ["gcp:secretmanager/secret:Secret", secrets],
  ["gcp:secretmanager/secretIamMember:SecretIamMember", secrets],
  ["gcp:secretmanager/secretVersion:SecretVersion", secrets],
  ["gcp:serviceaccount/account:Account", accounts],
  ["gcp:serviceaccount/iAMMember:IAMMember", { ...accounts, look: [...accounts.look, POLICIES] }],
  ["random:index/randomBytes:RandomBytes", NOTHING],
]);

/** The roles that a stack grants on the project. A deployer may grant only these. */
export const GRANTED_BY_A_STACK = [
  "roles/datastore.user",
  "roles/eventarc.eventReceiver",
  "roles/monitoring.viewer",
  "roles/telemetry.tracesWriter",
] as const;

/** What the previewer's custom role can read about databases: that they exist, and their settings. */
export const PERMISSIONS_OF_DATABASES_VIEWER = [
  "datastore.backupSchedules.get",
  "datastore.backupSchedules.list",
  "datastore.databases.getMetadata",
  "datastore.databases.list",
  "datastore.indexes.get",
  "datastore.indexes.list",
  "datastore.operations.get",
  "datastore.operations.list",
] as const;

/** All roles that one account needs, without duplicates. */
export function rolesTo(what: keyof Needs): string[] {
  return [...new Set([...ROLES_BY_TYPE.values()].flatMap((needs) => needs[what]))].toSorted();
}
