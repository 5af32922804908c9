import { pause } from "../../../shared/runtime/deadline.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import type { Part } from "../outbox/part.ts";
import { isTaken } from "../ports.ts";
import { buildConsoleAssets } from "../../../tools/console-assets/build-assets.ts";
import { assetsDir, programsOf } from "../programs.ts";
import { provisionQueues } from "../provision-queues.ts";
import type { StackSettings } from "../settings.ts";
import type { Supervised } from "../supervise.ts";
import { readRegistry } from "./read-registry.ts";
import { watchSources } from "./watch-sources.ts";

const SERVICES = ["worker", "producer", "console"] as const;
type Service = (typeof SERVICES)[number];

/** The services that restart when their sources change. */
export type Services = Readonly<Record<Service, Supervised>>;

const PORT_VARIABLES = { worker: "WORKER_PORT", producer: "PRODUCER_PORT", console: "CONSOLE_PORT" } as const;

/** How often to check whether a service that was told to stop has freed its port. */
const LOOK_MS = 10;

/**
 * Restarts a service when its sources change. The old process finishes its work, as on Cloud Run when a new revision is
 * deployed.
 */
export async function reloadOnChange(
  given: StackSettings,
  on: {
    readonly services: Promise<Services>;
    /** As when the services were started. */
    readonly throughput: Parameters<typeof programsOf>[1];
    readonly print: (line: string) => void;
  },
): Promise<Part> {
  const { print } = on;
  let settings = given;
  return await watchSources(async (changed) => {
    const services = await on.services;
    print(`changed: ${changed.join(", ")}`);
    const begunMs = systemClock.monotonic();
    try {
      if (changed.some((file) => file.startsWith("shared/"))) settings = await withNewRegistry(settings);
    } catch (error) {
      print(`shared/tasks can't be read, so nothing was restarted.\n  ${describe(error)}`);
      return;
    }
    const programs = programsOf(settings, on.throughput);
    const reload = async (name: Service): Promise<void> => {
      const port = { name, remedy: "", host: "127.0.0.1", port: settings.variables[PORT_VARIABLES[name]] };
      if (name === "console") await buildConsoleAssets(assetsDir(settings));
      const isUp = await services[name].reload(programs[name], async () => {
        while (await isTaken(port)) await pause({ clock: systemClock, timeoutMs: LOOK_MS });
      });
      const seconds = ((systemClock.monotonic() - begunMs) / 1_000).toFixed(1);
      print(isUp ? `${name} is listening again after ${seconds} s` : `${name} is started again once a file changes`);
    };
    await Promise.all(SERVICES.filter((name) => changed.some((file) => isOf(file, name))).map(reload));
  });
}

function isOf(file: string, service: Service): boolean {
  return file.startsWith("shared/") || file.startsWith(`services/${service}/`);
}

async function withNewRegistry(settings: StackSettings): Promise<StackSettings> {
  const registry = await readRegistry();
  await provisionQueues(registry, settings.variables.CLOUD_TASKS_EMULATOR_HOST);
  return { ...settings, registry };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
