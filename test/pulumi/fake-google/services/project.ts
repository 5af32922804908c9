import { type Service, lastOf } from "../collection.ts";
import { textOf } from "../call.ts";

/** Service Usage: https://cloud.google.com/service-usage/docs/reference/rest */
const serviceUsage: Service = ({ product, name, method, verb, body }, world, end) => {
  if (product !== "serviceusage") return undefined;
  const started = (message: string, result = {}) =>
    world.operations.start({ product, parent: "", type: `google.api.serviceusage.v1.${message}` }, result, end);
  if (verb === "batchEnable") {
    const ids = Array.isArray(body["serviceIds"]) ? body["serviceIds"].map(textOf) : [];
    for (const id of ids) world.enabledApis.add(id);
    return started("BatchEnableServicesResponse");
  }
  if (verb === "enable") {
    world.enabledApis.add(lastOf(name));
    return started("EnableServiceResponse");
  }
  if (verb === "generateServiceIdentity") {
    const short = lastOf(name).split(".")[0] ?? "";
    const email = `service-${world.project.number}@gcp-sa-${short}.iam.gserviceaccount.com`;
    return started("ServiceIdentity", { email, uniqueId: world.nextId() });
  }
  if (method !== "GET" || !name.endsWith("/services")) return undefined;
  return {
    services: [...world.enabledApis].map((id) => ({
      name: `projects/${world.project.number}/services/${id}`,
      state: "ENABLED",
    })),
  };
};

/** Resource Manager: the project itself. Its policy is served with all others. */
const resourceManager: Service = ({ product, name, method, verb }, { project }) => {
  if (product !== "crm" || method !== "GET" || verb !== "" || name !== `projects/${project.id}`) return undefined;
  return { projectId: project.id, projectNumber: project.number, name: project.id, lifecycleState: "ACTIVE" };
};

/** What of a project itself is asked for. */
export const project: readonly Service[] = [serviceUsage, resourceManager];
