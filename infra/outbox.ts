import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Accounts } from "./accounts.ts";
import type { RunService } from "./services/run-service.ts";

const EVERY_MINUTE = "* * * * *";
/** A tick takes about 20 s at most. */
const ATTEMPT_DEADLINE = "30s";

interface OutboxArgs {
  readonly project: string;
  readonly prefix: string;
  readonly region: string;
  readonly accounts: Pick<Accounts, "trigger" | "tick">;
  readonly producer: RunService;
  /** The audience of the producer's tokens. */
  readonly audience: string;
  readonly database: {
    readonly id: pulumi.Output<string>;
    /** A region or a multi-region. */
    readonly location: string;
    /** The outbox's collection. */
    readonly collection: string;
  };
}

/**
 * Makes the producer relay outbox entries: a trigger for each new one, and a tick every minute for those that the
 * trigger missed. The tick also fires schedules.
 */
export class Outbox extends pulumi.ComponentResource {
  constructor(name: string, args: OutboxArgs, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:Outbox", name, {}, options);
    this.addTrigger(args);
    this.addTick(args);
    this.registerOutputs();
  }

  /**
   * Eventarc posts each new document's name to the producer. The trigger is in the database's location, even if that is
   * a multi-region: for any other, Google responds that the database doesn't exist
   * (https://github.com/hashicorp/terraform-provider-google/issues/17057).
   */
  private addTrigger({ project, prefix, region, accounts, producer, database }: OutboxArgs): void {
    const { email, member } = accounts.trigger;
    const mayReceive = new gcp.projects.IAMMember(
      "trigger-receives-events",
      // It can't be granted on anything smaller (https://cloud.google.com/eventarc/docs/access-control).
      { project, role: "roles/eventarc.eventReceiver", member },
      { parent: this },
    );
    const mayCall = this.letCall("trigger", member, { producer, region });
    new gcp.eventarc.Trigger(
      "outbox",
      {
        name: `${prefix}-outbox`,
        location: database.location,
        matchingCriterias: [
          { attribute: "type", value: "google.cloud.firestore.document.v1.created" },
          { attribute: "database", value: database.id },
          { attribute: "document", operator: "match-path-pattern", value: `${database.collection}/{entry}` },
        ],
        // The only content type that Firestore's events have.
        eventDataContentType: "application/protobuf",
        serviceAccount: email,
        destination: { cloudRunService: { service: producer.service.name, region, path: "/v1/outbox/relay" } },
      },
      { parent: this, dependsOn: [mayReceive, mayCall] },
    );
  }

  /** No retries: the next tick is a minute later. */
  private addTick({ prefix, region, accounts, producer, audience }: OutboxArgs): void {
    const { email, member } = accounts.tick;
    const mayCall = this.letCall("tick", member, { producer, region });
    new gcp.cloudscheduler.Job(
      `${prefix}-tick`,
      {
        region,
        schedule: EVERY_MINUTE,
        timeZone: "Etc/UTC",
        attemptDeadline: ATTEMPT_DEADLINE,
        httpTarget: {
          uri: pulumi.interpolate`${producer.url}/v1/tick`,
          httpMethod: "POST",
          oidcToken: { serviceAccountEmail: email, audience },
        },
      },
      { parent: this, dependsOn: [mayCall] },
    );
  }

  private letCall(
    who: string,
    member: pulumi.Output<string>,
    { producer, region: location }: Pick<OutboxArgs, "producer" | "region">,
  ): pulumi.Resource {
    const grant = { name: producer.service.name, location, role: "roles/run.invoker", member };
    return new gcp.cloudrunv2.ServiceIamMember(`${who}-calls-producer`, grant, { parent: this });
  }
}
