import type { Service } from "./collection.ts";

/** Policies of resources that the fake doesn't create itself, or that are named otherwise than they are. */
const ALWAYS_THERE = /^(crm\/projects\/[^/]+|iap\/.+)$/;

/** `getIamPolicy` and `setIamPolicy` of every API, by GET or by POST. Storage has `iam` below a bucket instead. */
export const policyCalls: Service = ({ product, name, method, verb, body }, world) => {
  const isBucket = product === "storage" && name.endsWith("/iam");
  const key = `${product}/${isBucket ? name.slice(0, -"/iam".length) : name}`;
  if (!isBucket && verb !== "getIamPolicy" && verb !== "setIamPolicy") return undefined;
  if (!ALWAYS_THERE.test(key)) world.get(key);
  if (isBucket) return method === "PUT" ? world.policies.write(key, { policy: body }) : world.policies.read(key);
  return verb === "getIamPolicy" ? world.policies.read(key) : world.policies.write(key, body);
};
