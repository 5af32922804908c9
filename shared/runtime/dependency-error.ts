/** A service that the producer depends on did not do what it was asked. Callers are told to come back later. */
export class DependencyError extends Error {
  readonly code = "DEPENDENCY_UNAVAILABLE";
  readonly dependency: "firestore" | "cloud-tasks" | "monitoring";

  constructor(dependency: DependencyError["dependency"], cause: unknown) {
    super(`The call to ${dependency} failed.`, { cause });
    this.name = "DependencyError";
    this.dependency = dependency;
  }
}
