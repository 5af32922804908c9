import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { CommandError, type EngineEvent, LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import * as z from "zod";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { pulumiEnvironment } from "./environment.ts";

/** What a command of Pulumi did, or would do. */
export interface Ran {
  readonly succeeded: boolean;
  /** All that it printed. */
  readonly output: string;
  /** Each step with a resource, in their order, components included; "same" is none. */
  readonly steps: readonly RanStep[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

export interface RanStep {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  /** The fields by which it differs. */
  readonly diffs: readonly string[];
}

export interface TestStackOptions {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  readonly attached: Readonly<Record<string, number>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** The program's source; default: the deployed program. */
  readonly source?: string;
}

/** As people quote them: Pulumi reads what looks like a number, a time or a truth as one. */
const QUOTED = { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" } as const;

const DEPLOYED = `export { default } from "${PROJECT_DIR}/infra/index.ts";\n`;
const stackFile = z.looseObject({ config: z.record(z.string(), z.string()).default({}) });

/** A stack on Pulumi's own engine, with its program and its state in folders that are removed after the test. */
export class TestStack {
  private readonly stack: Stack;
  private readonly file: string;
  private readonly config: Readonly<Record<string, string>>;

  private constructor(stack: Stack, file: string, config: Readonly<Record<string, string>>) {
    this.stack = stack;
    this.file = file;
    this.config = config;
  }

  static async create({ name, config, attached, environment = {}, source = DEPLOYED }: TestStackOptions) {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-pulumi-"));
    onTestFinished(() => fs.rm(folder, { recursive: true }));
    const program = await makeProject(source);
    onTestFinished(() => fs.rm(program, { recursive: true }));
    const file = path.join(program, `Pulumi.${name}.yaml`);
    await fs.writeFile(file, stringify({ config }, QUOTED));
    const envVars = { ...pulumiEnvironment({ folder, attached }), ...environment };
    const stack = await LocalWorkspace.createStack({ stackName: name, workDir: program }, { envVars });
    return new TestStack(stack, file, config);
  }

  /** Changes settings of the stack; undefined takes one away. */
  async configure(change: Readonly<Record<string, string | undefined>>): Promise<void> {
    const { config } = await this.readFile();
    const changed = Object.entries({ ...config, ...change }).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value] as const],
    );
    await this.setConfig(Object.fromEntries(changed));
  }

  /** Gives the stack these settings and no others. */
  async setConfig(config: Readonly<Record<string, string>>): Promise<void> {
    const file = await this.readFile();
    await fs.writeFile(this.file, stringify({ ...file, config }, QUOTED));
  }

  /** Gives the stack the settings that it began with. */
  restore(): Promise<void> {
    return this.setConfig(this.config);
  }

  private async readFile() {
    return stackFile.parse(parse(await fs.readFile(this.file, "utf8")));
  }

  up(): Promise<Ran> {
    return watched(async (options) => {
      const { outputs } = await this.stack.up(options);
      return Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value]));
    });
  }

  preview(): Promise<Ran> {
    return watched(async (options) => void (await this.stack.preview(options)));
  }

  refresh(): Promise<Ran> {
    return watched(async (options) => void (await this.stack.refresh(options)));
  }

  /** As on the command line, where a preview comes first, and what that refuses isn't begun. */
  async destroy(): Promise<Ran> {
    const previewed = await watched(async (options) => void (await this.stack.previewDestroy(options)));
    return previewed.succeeded ? await this.destroyUnseen() : previewed;
  }

  /** As with `--skip-preview`. */
  destroyUnseen(): Promise<Ran> {
    return watched(async (options) => void (await this.stack.destroy(options)));
  }
}

/** A folder inside the project, whose packages its program uses. */
async function makeProject(source: string): Promise<string> {
  const programs = path.join(PROJECT_DIR, ".local/programs");
  await fs.mkdir(programs, { recursive: true });
  const program = await fs.mkdtemp(path.join(programs, "stack-"));
  await fs.copyFile(path.join(PROJECT_DIR, "Pulumi.yaml"), path.join(program, "Pulumi.yaml"));
  await fs.writeFile(path.join(program, "package.json"), '{ "type": "module", "main": "index.ts" }');
  await fs.writeFile(path.join(program, "index.ts"), source);
  return program;
}

interface Watching {
  readonly onOutput: (text: string) => void;
  readonly onError: (text: string) => void;
  readonly onEvent: (event: EngineEvent) => void;
}

async function watched(run: (options: Watching) => Promise<Record<string, unknown> | void>): Promise<Ran> {
  let output = "";
  const steps: RanStep[] = [];
  const print = (text: string): void => void (output += text);
  const onEvent = ({ resourcePreEvent }: EngineEvent): void => {
    if (!resourcePreEvent) return;
    const { op, urn, type, diffs = [] } = resourcePreEvent.metadata;
    if (op !== "same" && op !== "refresh") steps.push({ op, urn, type, diffs });
  };
  try {
    const outputs = (await run({ onOutput: print, onError: print, onEvent })) ?? {};
    return { succeeded: true, output, steps, outputs };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { succeeded: false, output: `${output}\n${error.message}`, steps, outputs: {} };
  }
}
