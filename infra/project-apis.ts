import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

/** The APIs that every stack uses. Traces, Identity-Aware Proxy, budgets and a network add their own. */
const ALWAYS = [
  "artifactregistry.googleapis.com",
  "cloudresourcemanager.googleapis.com",
  "cloudscheduler.googleapis.com",
  "cloudtasks.googleapis.com",
  // Both are needed for Firestore's events (https://cloud.google.com/eventarc/docs/run/route-trigger-cloud-firestore).
  "eventarc.googleapis.com",
  "eventarcpublishing.googleapis.com",
  "firestore.googleapis.com",
  "iam.googleapis.com",
  "logging.googleapis.com",
  "monitoring.googleapis.com",
  "run.googleapis.com",
  "secretmanager.googleapis.com",
];

/** Enables the project's APIs. They are never disabled again, because other things in the project may use them. */
export class ProjectApis extends pulumi.ComponentResource {
  readonly services: readonly gcp.projects.Service[];

  constructor(
    name: string,
    { traces, iap, budget, network }: { traces: boolean; iap: boolean; budget: boolean; network: boolean },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("handoff:infra:ProjectApis", name, {}, options);
    const wanted = [
      ...ALWAYS,
      ...(traces ? ["telemetry.googleapis.com", "cloudtrace.googleapis.com"] : []),
      ...(iap ? ["iap.googleapis.com"] : []),
      ...(network ? ["compute.googleapis.com"] : []),
      ...(budget ? ["billingbudgets.googleapis.com"] : []),
    ];
    this.services = wanted.map(
      (service) => new gcp.projects.Service(service, { service, disableOnDestroy: false }, { parent: this }),
    );
    this.registerOutputs();
  }
}
