import { type Namespace, loadOnce, loadProtos, namespaceAt, serviceMethods } from "../../rpc/proto.ts";
import { addLocations } from "./locations.ts";
import { completeV2 } from "./complete-v2.ts";

/** Without what extends the description of protos: `google.longrunning` has such a thing, too. */
const OPERATIONS = [
  "Operations",
  "Operation",
  "GetOperationRequest",
  "ListOperationsRequest",
  "ListOperationsResponse",
  "CancelOperationRequest",
  "DeleteOperationRequest",
  "WaitOperationRequest",
].map((name) => `google.longrunning.${name}`);

/** What the messages of each version need, and what is served besides them. */
const SHARED = [
  "google.cloud.location",
  "google.iam.v1",
  ...OPERATIONS,
  // By name: this package also describes protos themselves, in more fields than all that Cloud Tasks uses.
  ...["Any", "Duration", "Empty", "FieldMask", "Timestamp"].map((name) => `google.protobuf.${name}`),
  "google.rpc",
  "google.type",
];

/** A version of the API of Cloud Tasks. */
export type ApiVersion = "v2" | "v2beta3" | "v2beta2";

const protosOf = (version: ApiVersion) =>
  loadOnce(() =>
    loadProtos({ npmPackage: "@google-cloud/tasks" }, [`google.cloud.tasks.${version}`, ...SHARED], amend),
  );

/**
 * The protos of Cloud Tasks, for all emulators of a process. Each version is built when it is first used: that is a large
 * part of an emulator's start, and hardly anybody uses more than one. The published client lacks some of what the service
 * has; those parts are added.
 */
export const tasksProtos = { v2: protosOf("v2"), v2beta3: protosOf("v2beta3"), v2beta2: protosOf("v2beta2") };

function amend(protos: Namespace): void {
  completeV2(protos);
  leaveOutUploads(protos);
  addLocations(protos);
  serveOperations(protos);
}

/** The emulator takes queue.yaml on its command line only. The upload's message needs a package of its own. */
function leaveOutUploads(protos: Namespace): void {
  const beta = namespaceAt(protos, "google.cloud.tasks.v2beta2");
  delete beta.nested?.["UploadQueueYamlRequest"];
  delete serviceMethods(namespaceAt(beta, "CloudTasks"))["UploadQueueYaml"];
}

/** Cloud Tasks serves operations at paths of its own, which its service configuration has rather than its protos. */
function serveOperations(protos: Namespace): void {
  const { GetOperation } = serviceMethods(namespaceAt(protos, "google.longrunning.Operations"));
  if (!GetOperation) throw new Error("The protos have no GetOperation.");
  const [first, ...others] = ["v2", "v2beta3", "v2beta2"].map((version) => ({
    get: `/${version}/{name=projects/*/locations/*/operations/*}`,
  }));
  GetOperation.parsedOptions = [{ "(google.api.http)": { ...first, additional_bindings: others } }];
}
