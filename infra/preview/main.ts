import { parseArgs } from "node:util";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { explainFailure } from "../../shared/runtime/program.ts";
import { registry } from "../../shared/tasks/index.ts";
import { countByType, printGraph } from "./print-graph.ts";
import { runProgramOffline } from "./run-program.ts";
import { readExample, readStackFile, type StackConfig } from "./stacks.ts";

const USAGE = `npm run preview:offline [-- OPTIONS]

Runs the Pulumi program against an engine that only records what it is asked for. It creates nothing, and needs neither
the pulumi command nor an account.

  --stack dev|production   one of the example configurations; default: both
  --config FILE            your own Pulumi.STACK.yaml; encrypted values are replaced by a placeholder
  --counts                 print only the number of resources of each type
`;

const KINDS = ["dev", "production"] as const;

function chooseStacks(options: { stack?: string | undefined; config?: string | undefined }): Map<string, StackConfig> {
  if (options.config !== undefined)
    return new Map([[options.config, readStackFile(options.config, registry.settings)]]);
  const kinds = KINDS.filter((kind) => options.stack === undefined || options.stack === kind);
  if (kinds.length === 0) throw new ConfigError(`--stack must be one of ${KINDS.join(", ")}.`);
  return new Map(kinds.map((kind) => [kind, readExample(kind, registry.settings)]));
}

/** Prints one stack's graph. Returns whether the program succeeded. */
async function preview(name: string, stack: StackConfig, { countsOnly }: { countsOnly: boolean }): Promise<boolean> {
  const run = await runProgramOffline({ stack: "preview", mode: "preview", ...stack });
  if (!run.succeeded) {
    process.stderr.write(`${name}: the program failed.\n${run.output}\n`);
    return false;
  }
  const counts = [...countByType(run.resources)].map(([type, count]) => `${String(count).padStart(4)}  ${type}`);
  const total = run.resources.filter(({ custom }) => custom).length;
  const graph = countsOnly ? "" : `${printGraph(run.resources)}\n\n`;
  process.stdout.write(`# ${name}\n\n${graph}${counts.join("\n")}\n${String(total).padStart(4)}  in all\n\n`);
  return true;
}

try {
  const { values } = parseArgs({
    options: {
      stack: { type: "string" },
      config: { type: "string" },
      counts: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) process.stdout.write(USAGE);
  for (const [name, stack] of values.help ? [] : chooseStacks(values)) {
    if (!(await preview(name, stack, { countsOnly: values.counts }))) process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exitCode = 1;
}
