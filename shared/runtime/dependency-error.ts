/** A service that the producer depends on failed. Callers are told to retry later. */
export class DependencyError extends Error {
  readonly code = "DEPENDENCY_UNAVAILABLE";
  readonly dependency: "firestore" | "cloud-tasks" | "monitoring";

  constructor(dependency: DependencyError["dependency"], cause: unknown) {
    super(`The call to ${dependency} failed.`, { cause });
    this.name = "DependencyError";
    this.dependency = dependency;
  }
}
