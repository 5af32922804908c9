import type { ProvidedResource } from "../recorded-resource.ts";
import { asSecret, type Fields, textOf } from "../wire-values.ts";

const DIGEST = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
/** Stands for the random suffix that a provider appends to a name. */
const SUFFIX = "1a2b3c4";

/** The secret in place of random bytes. Tests check where it appears. */
export const MADE_UP_SECRET = "bWFkZS11cC1zZWNyZXQtb2YtdGhlLXByZXZpZXctMDA=";

/** The state that an update would return: the inputs, plus values that a resource gets when it is created. */
export function madeUpState(resource: ProvidedResource): { readonly id: string; readonly state: Fields } {
  const inputs = resource.openInputs;
  const project = "my-project-123";
  const id = `${resource.name}-id`;
  switch (resource.type) {
    case "gcp:serviceaccount/account:Account": {
      const email = `${textOf(inputs["accountId"])}@${project}.iam.gserviceaccount.com`;
      const name = `projects/${project}/serviceAccounts/${email}`;
      return { id: name, state: { ...inputs, email, name, member: `serviceAccount:${email}` } };
    }
    case "gcp:cloudrunv2/service:Service":
      return { id, state: { ...inputs, uri: `https://${textOf(inputs["name"])}-${SUFFIX}-ew.a.run.app` } };
    case "gcp:cloudtasks/queue:Queue":
      return { id, state: { ...inputs, name: `${resource.name}-${SUFFIX}` } };
    case "gcp:compute/address:Address":
      // An address that is for documentation (https://www.rfc-editor.org/rfc/rfc5737).
      return { id, state: { ...inputs, address: "203.0.113.7", selfLink: `addresses/${textOf(inputs["name"])}` } };
    case "gcp:logging/projectBucketConfig:ProjectBucketConfig": {
      const [location, bucketId] = [textOf(inputs["location"]), textOf(inputs["bucketId"])];
      return { id: `projects/${project}/locations/${location}/buckets/${bucketId}`, state: inputs };
    }
    case "gcp:monitoring/customService:CustomService":
      return { id: `projects/${project}/services/${id}`, state: { ...inputs, serviceId: id } };
    case "gcp:projects/iAMCustomRole:IAMCustomRole": {
      const name = `projects/${project}/roles/${textOf(inputs["roleId"])}`;
      return { id: name, state: { ...inputs, name } };
    }
    case "gcp:secretmanager/secret:Secret":
      return { id: `projects/${project}/secrets/${textOf(inputs["secretId"])}`, state: inputs };
    case "gcp:secretmanager/secretVersion:SecretVersion":
      return { id, state: { ...inputs, secretData: asSecret(textOf(inputs["secretData"])), version: "1" } };
    case "random:index/randomBytes:RandomBytes":
      return { id, state: { ...inputs, base64: asSecret(MADE_UP_SECRET) } };
    case "docker-build:index:Image":
      return { id, state: { ...inputs, ref: `europe-west1-docker.pkg.dev/${project}/${resource.name}@${DIGEST}` } };
    default:
      return { id, state: { name: `${resource.name}-${SUFFIX}`, ...inputs } };
  }
}
