/** Types that Google can't change at all: another policy's member is another one, and so is another version. */
const WHOLE = /:\w*I[aA][mM]Member$|:SecretVersion$|:ServiceIdentity$|:firestore\/index:Index$/;

/**
 * Fields that name a resource or say where it is. Google has no call to change them, and the provider marks them so
 * ("ForceNew" in https://github.com/hashicorp/terraform-provider-google-beta).
 */
const NAMES = new Set([
  "accountId",
  "bucketId",
  "collection",
  "database",
  "location",
  "locationId",
  "name",
  "network",
  "project",
  "region",
  "repositoryId",
  "roleId",
  "secret",
  "secretId",
  "service",
]);

/** Whether a change of this field needs a new resource in the place of the old one. */
export function isReplacedBy(type: string, field: string): boolean {
  return WHOLE.test(type) || (type.startsWith("gcp:") && NAMES.has(field));
}
