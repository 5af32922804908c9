import path from "node:path";
import type { Files } from "./plant.ts";

/** A checkout that breaks these rules, and no others. */
export interface Broken {
  readonly title: string;
  readonly rules: readonly string[];
  readonly files: Files;
}

/** Two modules; the first imports the second. */
function imports(from: string, to: string): Files {
  const relative = path.relative(path.dirname(from), to).replace(/^(?!\.)/, "./");
  return { [from]: `import { b } from "${relative}";\nb();\n`, [to]: "export const b = () => {};\n" };
}

/** A module that imports an installed package. */
function importsPackage(from: string, name: string, statement = `import * as it from "${name}";\nit;\n`): Files {
  return {
    [from]: statement,
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, main: "index.js" }),
    [`node_modules/${name}/index.js`]: "exports.b = () => {};\n",
    "package.json": JSON.stringify({ dependencies: { [name]: "1.0.0" } }),
  };
}

const broken = (title: string, rule: string | readonly string[], files: Files): Broken => ({
  title,
  rules: typeof rule === "string" ? [rule] : rule,
  files,
});

/** Each room's rule, broken in the directions that it forbids. */
const BROKEN_ROOMS: readonly Broken[] = [
  broken("shared that imports a service", "shared-imports-only-shared", imports("shared/a.ts", "services/worker/b.ts")),
  broken("shared that imports infra", "shared-imports-only-shared", imports("shared/a.ts", "infra/b.ts")),
  broken("shared that imports a tool", "shared-imports-only-shared", imports("shared/a.ts", "tools/b.ts")),
  broken(
    "shared that imports a folder without a rule",
    "shared-imports-only-shared",
    imports("shared/a.ts", "lib/b.ts"),
  ),
  broken(
    "a service that imports another",
    "services-import-only-shared",
    imports("services/worker/a.ts", "services/producer/b.ts"),
  ),
  broken(
    "a service that imports the client",
    "services-import-only-shared",
    imports("services/producer/a.ts", "packages/client/src/b.ts"),
  ),
  broken("a service that imports infra", "services-import-only-shared", imports("services/worker/a.ts", "infra/b.ts")),
  broken("a service that imports a tool", "services-import-only-shared", imports("services/worker/a.ts", "tools/b.ts")),
  broken(
    "a new service that imports another",
    "services-import-only-shared",
    imports("services/x/a.ts", "services/y/b.ts"),
  ),
  broken(
    "a console that imports the producer",
    "console-imports-only-the-client",
    imports("services/console/a.ts", "services/producer/b.ts"),
  ),
  broken(
    "a console that imports records",
    "console-imports-only-the-client",
    imports("services/console/a.ts", "shared/records/b.ts"),
  ),
  broken(
    "a local stack that imports infra",
    "local-imports-only-what-it-starts",
    imports("services/local/a.ts", "infra/b.ts"),
  ),
  broken(
    "a local stack that imports the client",
    "local-imports-only-what-it-starts",
    imports("services/local/a.ts", "packages/client/src/b.ts"),
  ),
  broken(
    "a client that imports a service",
    "client-imports-only-shared",
    imports("packages/client/src/a.ts", "services/producer/b.ts"),
  ),
  broken(
    "an emulator that imports shared",
    "emulators-import-nothing-of-ours",
    imports("packages/emulators/src/kernel/a.ts", "shared/runtime/clock.ts"),
  ),
  broken(
    "an emulator's test that imports a harness of ours",
    "emulators-import-nothing-of-ours",
    imports("packages/emulators/test/a.ts", "test/harness/b.ts"),
  ),
  broken("infra that imports a service", "infra-imports-only-shared", imports("infra/a.ts", "services/worker/b.ts")),
  broken("infra that imports a tool", "infra-imports-only-shared", imports("infra/preview/a.ts", "tools/b.ts")),
  broken("a tool that imports a service", "tools-import-only-shared", imports("tools/a.ts", "services/worker/main.ts")),
  broken("a tool that imports infra", "tools-import-only-shared", imports("tools/a.ts", "infra/b.ts")),
];

/** Deployed code that reaches code that is never deployed, and code that imports tests. */
const BROKEN_DEPLOYMENTS: readonly Broken[] = [
  broken(
    "a service that imports the local stack",
    ["services-import-only-shared", "nothing-deployed-reaches-local-code"],
    imports("services/worker/a.ts", "services/local/b.ts"),
  ),
  broken(
    "a client that imports an emulator",
    ["client-imports-only-shared", "nothing-deployed-reaches-local-code"],
    imports("packages/client/src/a.ts", "packages/emulators/src/b.ts"),
  ),
  broken(
    "infra that imports tests",
    ["infra-imports-only-shared", "nothing-imports-tests"],
    imports("infra/a.ts", "test/b.ts"),
  ),
  broken(
    "a service that reaches an emulator's test through a folder without a rule",
    ["services-import-only-shared", "nothing-imports-tests"],
    {
      ...imports("services/worker/a.ts", "lib/b.ts"),
      ...imports("lib/b.ts", "packages/emulators/test/c.ts"),
    },
  ),
  broken(
    "a service that reaches an emulator through a folder without a rule",
    ["services-import-only-shared", "nothing-deployed-reaches-local-code"],
    {
      ...imports("services/worker/a.ts", "lib/b.ts"),
      ...imports("lib/b.ts", "packages/emulators/src/c.ts"),
    },
  ),
  broken(
    "a service that imports an emulator by the name of its package",
    ["services-import-only-shared", "nothing-deployed-reaches-local-code"],
    {
      "services/worker/a.ts": 'import { b } from "handoff-emulators";\nb();\n',
      "packages/emulators/package.json": JSON.stringify({ name: "handoff-emulators", exports: "./src/index.ts" }),
      "packages/emulators/src/index.ts": "export const b = () => {};\n",
      "node_modules/handoff-emulators": "link:../packages/emulators",
      "package.json": JSON.stringify({ dependencies: { "handoff-emulators": "1.0.0" } }),
    },
  ),
  broken(
    "code of a package that imports its tests",
    "nothing-imports-tests",
    imports("packages/emulators/src/a.ts", "packages/emulators/test/b.ts"),
  ),
  broken(
    "a tool that imports tests",
    ["tools-import-only-shared", "nothing-imports-tests"],
    imports("tools/a.ts", "test/b.ts"),
  ),
];

const BROKEN_HOUSE_RULES: readonly Broken[] = [
  broken("a client's core that imports a module of Node", "the-clients-core-imports-no-node", {
    "packages/client/src/tasks/a.ts": 'import { createHash } from "node:crypto";\ncreateHash("sha256");\n',
  }),
  broken(
    "a client's core that imports the outbox",
    "the-clients-core-stands-alone",
    imports("packages/client/src/a.ts", "packages/client/src/outbox/b.ts"),
  ),
  broken(
    "an emulator that imports the other",
    "emulators-do-not-know-each-other",
    imports("packages/emulators/src/firestore/a.ts", "packages/emulators/src/cloud-tasks/b.ts"),
  ),
  broken(
    "an emulator that imports the command line",
    "emulators-do-not-know-each-other",
    imports("packages/emulators/src/cloud-tasks/a.ts", "packages/emulators/src/cli/b.ts"),
  ),
  broken(
    "an emulator that imports the package's index",
    "emulators-do-not-know-each-other",
    imports("packages/emulators/src/cloud-tasks/a.ts", "packages/emulators/src/index.ts"),
  ),
  broken(
    "the contract that imports the user's task types",
    "only-entries-import-task-types",
    imports("shared/contract/a.ts", "shared/tasks/index.ts"),
  ),
  broken(
    "a service that imports a task type besides its entry",
    "only-entries-import-task-types",
    imports("services/producer/tasks/a.ts", "shared/tasks/b.ts"),
  ),
  broken(
    "a module of infra that imports a task type besides its entries",
    "only-entries-import-task-types",
    imports("infra/settings/a.ts", "shared/tasks/index.ts"),
  ),
  broken(
    "a worker that imports a handler besides its entry",
    "only-the-entry-imports-handlers",
    imports("services/worker/deliver.ts", "services/worker/handlers/b.ts"),
  ),
  broken(
    "a worker that imports the harness for tests of handlers",
    "only-tests-import-the-harness",
    imports("services/worker/app.ts", "services/worker/testing/b.ts"),
  ),
  broken("a decision that imports a module of Node", "decisions-import-no-io", {
    "services/worker/lifecycle/a.ts": 'import fs from "node:fs/promises";\nawait fs.readFile("a");\n',
  }),
  broken(
    "a transition that imports a network client",
    "decisions-import-no-io",
    importsPackage("shared/records/transition.ts", "@google-cloud/tasks"),
  ),
  broken("modules that import each other", "no-cycles", {
    "shared/a.ts": 'import { b } from "./b.ts";\nexport const a = () => b;\n',
    "shared/b.ts": 'import { a } from "./a.ts";\nexport const b = () => a;\n',
  }),
  broken("an import of what isn't there", "every-import-resolves", {
    "shared/a.ts": 'import { b } from "./b.ts";\nb();\n',
  }),
  broken("a service that imports a dev dependency", "no-dev-dependencies-where-it-runs", {
    ...importsPackage("services/producer/a.ts", "fast-check"),
    "package.json": JSON.stringify({ devDependencies: { "fast-check": "1.0.0" } }),
  }),
  broken("a package that imports a dev dependency", "no-dev-dependencies-where-it-runs", {
    ...importsPackage("packages/emulators/src/a.ts", "fast-check"),
    "packages/emulators/package.json": JSON.stringify({ devDependencies: { "fast-check": "1.0.0" } }),
  }),
];

/** Checkouts that break rules; each rule is broken by at least one. */
export const BROKEN: readonly Broken[] = [...BROKEN_ROOMS, ...BROKEN_DEPLOYMENTS, ...BROKEN_HOUSE_RULES];

/** Checkouts that come close to breaking a rule, and don't. */
export const ALLOWED: readonly { readonly title: string; readonly files: Files }[] = [
  {
    title: "a console that imports the client and its parts of shared",
    files: {
      ...imports("services/console/a.ts", "packages/client/src/index.ts"),
      ...imports("services/console/b.ts", "shared/http/server.ts"),
    },
  },
  {
    title: "a client's outbox and command line that import its core and Node",
    files: {
      ...imports("packages/client/src/outbox/a.ts", "packages/client/src/b.ts"),
      "packages/client/src/cli/a.ts": 'import fs from "node:fs";\nfs.existsSync("a");\n',
    },
  },
  {
    title: "a local stack that imports a service and an emulator",
    files: {
      ...imports("services/local/a.ts", "services/worker/b.ts"),
      ...imports("services/local/c.ts", "packages/emulators/src/index.ts"),
    },
  },
  {
    title: "a test that imports everything",
    files: {
      ...imports("test/unit/a.ts", "services/worker/handlers/b.ts"),
      ...imports("test/contract/a.ts", "services/worker/testing/b.ts"),
      ...imports("test/e2e/a.ts", "packages/emulators/src/index.ts"),
      ...imports("test/infra/a.ts", "infra/b.ts"),
    },
  },
  {
    title: "an entry that imports the user's task types and handlers",
    files: {
      ...imports("services/worker/main.ts", "services/worker/handlers/index.ts"),
      ...imports("services/worker/handlers/a.ts", "shared/tasks/a.ts"),
      ...imports("services/producer/main.ts", "shared/tasks/index.ts"),
      ...imports("infra/index.ts", "shared/tasks/index.ts"),
      ...imports("infra/preview/main.ts", "shared/tasks/index.ts"),
      ...imports("tools/images/main.ts", "shared/tasks/index.ts"),
    },
  },
  {
    title: "a decision that knows a client by its type, and Firestore's value classes",
    files: {
      ...importsPackage(
        "services/worker/lifecycle/a.ts",
        "pino",
        'import assert from "node:assert/strict";\nimport type { Logger } from "pino";\nassert(null as Logger | null);\n',
      ),
      "shared/records/transition.ts": 'import { FieldValue } from "@google-cloud/firestore";\nFieldValue.delete();\n',
      "node_modules/@google-cloud/firestore/package.json": JSON.stringify({
        name: "@google-cloud/firestore",
        main: "index.js",
      }),
      "node_modules/@google-cloud/firestore/index.js": "exports.FieldValue = {};\n",
      "package.json": JSON.stringify({ dependencies: { pino: "1.0.0", "@google-cloud/firestore": "1.0.0" } }),
    },
  },
];
