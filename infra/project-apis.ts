import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

/** The APIs that something here uses. Schedules and traces add theirs. */
const ALWAYS = [
  "artifactregistry.googleapis.com",
  "cloudresourcemanager.googleapis.com",
  "cloudtasks.googleapis.com",
  "firestore.googleapis.com",
  "iam.googleapis.com",
  "logging.googleapis.com",
  "monitoring.googleapis.com",
  "run.googleapis.com",
  "secretmanager.googleapis.com",
];

/** The project's APIs, turned on and never off again: others in the project may use them. */
export class ProjectApis extends pulumi.ComponentResource {
  readonly services: readonly gcp.projects.Service[];

  constructor(
    name: string,
    { schedules, traces }: { schedules: boolean; traces: boolean },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("handoff:infra:ProjectApis", name, {}, options);
    const wanted = [
      ...ALWAYS,
      ...(schedules ? ["cloudscheduler.googleapis.com"] : []),
      ...(traces ? ["telemetry.googleapis.com", "cloudtrace.googleapis.com"] : []),
    ];
    this.services = wanted.map(
      (service) => new gcp.projects.Service(service, { service, disableOnDestroy: false }, { parent: this }),
    );
    this.registerOutputs();
  }
}
