import path from "node:path";
import { expect, test } from "vitest";
import { programsOf } from "../../tools/images/programs.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { runUntilListening } from "../harness/runtime/run-until-listening.ts";
import { registry } from "../../shared/tasks/index.ts";

/** Writes to standard output synchronously, as the log does, so that the two stay in order. */
const HOOK = `
  import fs from "node:fs";
  import { registerHooks } from "node:module";
  registerHooks({
    load(url, context, next) {
      fs.writeSync(1, "loaded " + url + "\\n");
      return next(url, context);
    },
  });
  const tell = (name) => fs.writeSync(1, "loaded language data for " + name + "\\n");
  for (const name of ["DateTimeFormat", "ListFormat", "NumberFormat", "PluralRules", "RelativeTimeFormat", "Segmenter"]) {
    Intl[name] = new Proxy(Intl[name], {
      construct(type, values) {
        tell(name);
        return new type(...values);
      },
    });
  }
  for (const type of [Number, BigInt, Date]) {
    const format = type.prototype.toLocaleString;
    type.prototype.toLocaleString = function (...options) {
      tell(type.name);
      return format.apply(this, options);
    };
  }
`;
const CLOUD_TASKS = /node_modules\/@google-cloud\/tasks\//;
const TRACING = /node_modules\/@opentelemetry\/(sdk-trace|exporter-trace-otlp-proto|resources)\//;

/** Every module that a service has loaded by the time it listens. */
async function modulesOf(name: string, env: Readonly<Record<string, string>>): Promise<string[]> {
  const program = programsOf(registry).find((candidate) => candidate.name === name);
  if (!program) throw new Error(`There is no program ${name}.`);
  const hook = `data:text/javascript,${encodeURIComponent(HOOK)}`;
  const { text, code } = await runUntilListening(["--import", hook, path.join(PROJECT_DIR, program.entry)], {
    ...program.tryOutEnv,
    ...env,
  });
  if (code !== null) throw new Error(`The ${name} ended with ${code} before it listened:\n${text}`);
  const lines = text.split("\n");
  const listening = lines.findIndex((line) => line.includes('"message":"listening"'));
  return lines.slice(0, listening).filter((line) => line.startsWith("loaded "));
}

test.concurrent.each(["producer", "worker"])(
  "the %s loads the span exporter only when it exports spans",
  async (name) => {
    const [off, on] = await Promise.all([
      modulesOf(name, {}),
      modulesOf(name, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" }),
    ]);

    expect(off.length).toBeGreaterThan(100);
    expect(off.filter((line) => TRACING.test(line))).toEqual([]);
    expect(on.filter((line) => TRACING.test(line)).length).toBeGreaterThan(2);
  },
);

test.concurrent.each(["producer", "worker"])("the %s listens without Cloud Tasks' client", async (name) => {
  const loaded = await modulesOf(name, {});

  expect(import.meta.resolve("@google-cloud/tasks")).toMatch(CLOUD_TASKS);
  expect(loaded.length).toBeGreaterThan(100);
  expect(loaded.filter((line) => CLOUD_TASKS.test(line))).toEqual([]);
});

test.concurrent.each(["producer", "worker"])("the %s listens without the data of any language", async (name) => {
  const loaded = await modulesOf(name, {});

  expect(loaded.length).toBeGreaterThan(100);
  // It takes Node longer to load than all of a service's own code. A schedule in another zone is checked on loading.
  const hasZones = [...registry.schedules.values()].some(({ timeZone }) => timeZone !== "Etc/UTC");
  const dates = hasZones ? ["loaded language data for DateTimeFormat"] : [];
  expect(loaded.filter((line) => line.startsWith("loaded language data") && !dates.includes(line))).toEqual([]);
});
