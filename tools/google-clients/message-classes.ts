/**
 * Modules with generated classes for every message of a product: megabytes of code. Google's packages load them on
 * import, but their clients work with JSON. The classes are only needed for long-running operations and Firestore's
 * bundles.
 */
export const MESSAGE_CLASSES =
  /(?:@google-cloud[\\/][^\\/]+[\\/]build[\\/]protos[\\/]protos|google-gax[\\/]build[\\/]protos[\\/]\w+)\.js$/;

/** The folder next to a bundle that contains them. */
const FOLDER = "message-classes";

/** Paths in that folder, as the bundle writes them. */
export const LATE_PATH = /^\.\/message-classes\//;

/** The path at which a bundle finds a module's classes, for example `./message-classes/firestore-api-protos.cjs`. */
export function latePath(file: string): string {
  const [, name = "", module = ""] = /([^\\/]+)[\\/]build[\\/]protos[\\/](\w+)\.js$/.exec(file) ?? [];
  return `./${FOLDER}/${name}-${module}.cjs`;
}

/** Replaces a module with message classes by one that loads them at the first access. */
export function lateClasses(file: string): string {
  const load = `require(${JSON.stringify(latePath(file))})`;
  return `Object.defineProperty(exports, "google", { enumerable: true, get: () => ${load}.google });`;
}

/** The only class that Firestore's client reads from these modules on import. Pipelines use it. */
const EAGER_CLASS = /^var Value = (firestore_v1_proto_api_1\.google\.firestore\.v1\.Value);$/m;

/** The module that reads it. */
export const USES_PER_CLASS = /@google-cloud[\\/]firestore[\\/]build[\\/]src[\\/]serializer\.js$/;

/** @throws Error if the module doesn't read the class in the known way. */
export function takeClassLate(source: string): string {
  const [found, path] = EAGER_CLASS.exec(source) ?? [];
  if (found === undefined) throw new Error("Firestore's serializer takes Value in another way: check its new version.");
  return source.replace(found, "").replaceAll(/\bValue\.fromObject\b/g, `${path}.fromObject`);
}
