/**
 * Modules that consist of generated classes for every message of a product, megabytes of them. Google's packages load
 * them on import, but their clients work from JSON: nobody needs the classes before a long-running operation, or a bundle
 * of Firestore's.
 */
export const MESSAGE_CLASSES =
  /(?:@google-cloud[\\/][^\\/]+[\\/]build[\\/]protos[\\/]protos|google-gax[\\/]build[\\/]protos[\\/]\w+)\.js$/;

/** The folder next to a bundle that has them. */
const FOLDER = "message-classes";

/** Paths in that folder, as they stand in the bundle. */
export const LATE_PATH = /^\.\/message-classes\//;

/** Where a bundle finds the classes of a module, for example `./message-classes/firestore-api-protos.cjs`. */
export function latePath(file: string): string {
  const [, name = "", module = ""] = /([^\\/]+)[\\/]build[\\/]protos[\\/](\w+)\.js$/.exec(file) ?? [];
  return `./${FOLDER}/${name}-${module}.cjs`;
}

/** A module in the place of one with message classes. It loads them at the first access. */
export function lateClasses(file: string): string {
  const load = `require(${JSON.stringify(latePath(file))})`;
  return `Object.defineProperty(exports, "google", { enumerable: true, get: () => ${load}.google });`;
}

/** The one class that Firestore's client takes from there on import. Pipelines use it. */
const EAGER_CLASS = /^var Value = (firestore_v1_proto_api_1\.google\.firestore\.v1\.Value);$/m;

/** The module that does. */
export const USES_A_CLASS = /@google-cloud[\\/]firestore[\\/]build[\\/]src[\\/]serializer\.js$/;

/** @throws Error if the module doesn't take the class in the known way. */
export function takeClassLate(source: string): string {
  const [found, path] = EAGER_CLASS.exec(source) ?? [];
  if (found === undefined) throw new Error("Firestore's serializer takes Value in another way: check its new version.");
  return source.replace(found, "").replaceAll(/\bValue\.fromObject\b/g, `${path}.fromObject`);
}
