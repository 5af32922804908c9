import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

/** Service accounts: one for each service, and one for each part of Google Cloud that calls a service. None has a key. */
export class Accounts extends pulumi.ComponentResource {
  readonly producer: gcp.serviceaccount.Account;
  readonly worker: gcp.serviceaccount.Account;
  readonly invoker: gcp.serviceaccount.Account;
  readonly trigger: gcp.serviceaccount.Account;
  readonly tick: gcp.serviceaccount.Account;
  /** Null if there is no console. */
  readonly console: gcp.serviceaccount.Account | null;

  constructor(
    name: string,
    { prefix, hasConsole }: { prefix: string; hasConsole: boolean },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("handoff:infra:Accounts", name, {}, options);
    const make = (role: string, displayName: string): gcp.serviceaccount.Account =>
      new gcp.serviceaccount.Account(
        `${prefix}-${role}`,
        // An update that was killed may have created the account without recording it in the state.
        { accountId: `${prefix}-${role}`, displayName, createIgnoreAlreadyExists: true },
        { parent: this },
      );
    this.producer = make("producer", "Handoff: takes tasks and creates them in Cloud Tasks");
    this.worker = make("worker", "Handoff: handles tasks");
    this.invoker = make("invoker", "Handoff: delivers tasks to the worker, and may do nothing else");
    this.trigger = make("trigger", "Handoff: tells the producer of new entries in the outbox");
    this.tick = make("tick", "Handoff: calls the producer each minute");
    this.console = hasConsole ? make("console", "Handoff: shows people tasks, and does what they ask for") : null;
    this.registerOutputs();
  }
}
