import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { RunService } from "./run-service.ts";
import type { Schedule } from "./settings/settings.ts";

/** The producer answers within seconds. Cloud Scheduler counts anything slower as a failure, and retries. */
const ATTEMPT_DEADLINE = "30s";
const ATTEMPTS_AFTER_THE_FIRST = 5;

/**
 * Scheduled tasks: Cloud Scheduler calls the producer with a service account of its own. The account comes first, since the
 * producer must know it.
 *
 * Cloud Scheduler, too, delivers at least once. The producer derives the idempotency key from the job's name and the
 * scheduled time, which stay the same when Cloud Scheduler retries.
 */
export class Schedules extends pulumi.ComponentResource {
  readonly account: gcp.serviceaccount.Account;

  constructor(name: string, { prefix }: { readonly prefix: string }, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:Schedules", name, {}, options);
    this.account = new gcp.serviceaccount.Account(
      `${prefix}-scheduler`,
      {
        accountId: `${prefix}-scheduler`,
        displayName: "Handoff: enqueues tasks by the clock",
        createIgnoreAlreadyExists: true,
      },
      { parent: this },
    );
  }

  /** Makes the jobs. */
  call(
    producer: RunService,
    args: {
      readonly prefix: string;
      readonly region: string;
      readonly schedules: readonly Schedule[];
      /** The audience of the producer's tokens. */
      readonly audience: string;
    },
  ): void {
    const { prefix, region, audience } = args;
    const { email, member } = this.account;
    const mayCall = new gcp.cloudrunv2.ServiceIamMember(
      "scheduler-calls-producer",
      { name: producer.service.name, location: region, role: "roles/run.invoker", member },
      { parent: this },
    );
    for (const schedule of args.schedules) {
      const job = describeJob(schedule, { region, url: producer.url, email, audience });
      new gcp.cloudscheduler.Job(`${prefix}-${schedule.name}`, job, { parent: this, dependsOn: [mayCall] });
    }
    this.registerOutputs();
  }
}

function describeJob(
  { cron, timeZone, type, payload }: Schedule,
  {
    region,
    url,
    email,
    audience,
  }: Readonly<Record<"region" | "audience", string>> & {
    readonly url: pulumi.Output<string>;
    readonly email: pulumi.Output<string>;
  },
): gcp.cloudscheduler.JobArgs {
  return {
    region,
    schedule: cron,
    timeZone,
    attemptDeadline: ATTEMPT_DEADLINE,
    retryConfig: { retryCount: ATTEMPTS_AFTER_THE_FIRST, minBackoffDuration: "5s" },
    httpTarget: {
      uri: pulumi.interpolate`${url}/v1/tasks`,
      httpMethod: "POST",
      headers: { "Content-Type": "application/json" },
      body: Buffer.from(JSON.stringify({ type, payload })).toString("base64"),
      oidcToken: { serviceAccountEmail: email, audience },
    },
  };
}
