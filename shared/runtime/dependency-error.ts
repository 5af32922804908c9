/** A service that the producer depends on did not do what was asked. Callers are told to come back later. */
export class DependencyError extends Error {
  readonly code = "DEPENDENCY_UNAVAILABLE";
  readonly dependency: "firestore" | "cloud-tasks";

  constructor(dependency: DependencyError["dependency"], cause: unknown) {
    super(`${dependency} could not be asked.`, { cause });
    this.name = "DependencyError";
    this.dependency = dependency;
  }
}
