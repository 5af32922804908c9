import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { type Call, type Project, type Resource, parseCall } from "./call.ts";
import type { Service } from "./collection.ts";
import { FaultScript } from "./faults.ts";
import type { OperationEnd } from "./operations.ts";
import { policyCalls } from "./policy-calls.ts";
import { Refusal } from "./refusal.ts";
import { cloudRun } from "./services/cloud-run.ts";
import { cloudTasks } from "./services/cloud-tasks.ts";
import { compute } from "./services/compute.ts";
import { artifactRegistry, billing, cloudScheduler, eventarc } from "./services/deliveries.ts";
import { firestore } from "./services/firestore.ts";
import { iam } from "./services/iam.ts";
import { logging, monitoring } from "./services/monitoring.ts";
import { project } from "./services/project.ts";
import { secretManager } from "./services/secret-manager.ts";
import { World } from "./world.ts";

const DEFAULT_PROJECT: Project = { id: "my-project-123", number: "123456789012" };

const polling: Service = ({ product, name, method }, { operations }) =>
  product !== "compute" && method === "GET" && /(^|\/)operations\/[^/]+$/.test(name)
    ? operations.poll(`${product}/${name}`)
    : undefined;

/** In this order: what is asked of an operation or a policy looks like a resource's name, too. */
const SERVICES: readonly Service[] = [
  [polling, policyCalls],
  [project, iam, cloudTasks, firestore, cloudRun, secretManager, artifactRegistry].flat(),
  [eventarc, cloudScheduler, logging, monitoring, billing, compute].flat(),
].flat();

/** A call that was answered. */
export interface Journaled {
  /** As `POST run/projects/p/locations/l/services`, with a colon before a method of the API's own. */
  readonly line: string;
  readonly query: string;
  readonly body: Resource;
  /** Undefined if the connection was cut. */
  readonly status: number | undefined;
}

/**
 * Google's REST APIs as far as the provider calls them for our stacks, on one free port of this machine. Each API hangs
 * under a step of its own (`/run/v2/…`), which the provider is told by its custom endpoints.
 */
export class FakeGoogle {
  readonly world: World;
  readonly journal: Journaled[] = [];
  /** What was meant for the real Google, by a proxy's address. None of it gets there. */
  readonly strayed: string[] = [];
  readonly faults = new FaultScript();
  private readonly server: Server;

  private constructor(world: World, started: (address: AddressInfo) => void) {
    this.world = world;
    const app = new Hono<{ Bindings: { readonly incoming: IncomingMessage } }>();
    app.all("*", async ({ req, env }) => {
      const text = await req.text();
      const answer = this.answer({ method: req.method, url: req.url, text });
      if (answer !== "cut") return Response.json(answer.body, { status: answer.status });
      env.incoming.socket.destroy();
      return new Response(null);
    });
    // oxlint-disable-next-line no-unsafe-type-assertion -- It is one, unless another is asked for.
    this.server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, started) as Server;
    this.server.on("connect", ({ url = "" }: IncomingMessage, socket: Socket) => {
      this.strayed.push(url);
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
  }

  /** Starts one. Accounts are those that exist already. */
  static async start({
    accounts = [],
    ...given
  }: { readonly accounts?: readonly string[]; readonly project?: Project } = {}) {
    const world = new World(given.project ?? DEFAULT_PROJECT);
    for (const account of accounts) world.addAccount(account);
    return await new Promise<FakeGoogle>((resolve) => {
      const google = new FakeGoogle(world, () => resolve(google));
    });
  }

  /** Where it listens, without a slash at the end. */
  get url(): string {
    // oxlint-disable-next-line no-unsafe-type-assertion -- A TCP server's address is one.
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: { readonly method: string; readonly url: string; readonly text: string }) {
    try {
      const call = parseCall(request, this.world.project);
      return this.carryOut(call);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.code, body: error.body };
    }
  }

  private carryOut(call: Call): { readonly status: number; readonly body: Resource } | "cut" {
    const line = `${call.method} ${call.product}/${call.name}${call.verb === "" ? "" : `:${call.verb}`}`;
    const fault = this.faults.take(line);
    const write = (status: number | undefined) =>
      void this.journal.push({ line, query: call.query.toString(), body: call.body, status });
    try {
      if (fault?.kind === "refuse") throw fault.refusal;
      const body = fault?.kind === "cut" ? {} : this.serve(call, fault?.kind === "operation" ? fault.end : {});
      const isCut = fault?.kind === "cut" || fault?.kind === "answer lost";
      write(isCut ? undefined : 200);
      return isCut ? "cut" : { status: 200, body };
    } catch (error) {
      if (error instanceof Refusal) write(error.code);
      throw error;
    }
  }

  private serve(call: Call, end: OperationEnd): Resource {
    for (const service of SERVICES) {
      const body = service(call, this.world, end);
      if (body) return body;
    }
    throw new Refusal(501, "UNIMPLEMENTED", `The fake doesn't know ${call.method} ${call.product}/${call.name}.`);
  }
}
