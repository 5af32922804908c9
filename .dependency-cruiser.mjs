/**
 * Imports point one way. Each rule has a case in test/unit/architecture/boundaries.test.ts that breaks it.
 *
 *     services, infra, packages/client, tools ──▶ shared          services/console ──▶ packages/client, parts of shared
 *     services/local ──▶ services, packages/emulators, shared     packages/emulators ──▶ nothing of ours     test ──▶ all
 */

/** Our own modules: not Node's, and not a package's. */
const OURS = { path: "^(?!.*node_modules/)", dependencyTypesNot: ["core"], couldNotResolve: false };

/** The code that runs on Google Cloud, and the program that deploys it. */
const DEPLOYED = "^(?:shared/|services/(?!local/)|packages/client/(?!test/)|infra/)";

/** Pure decisions: one file each, but for the worker's folder. */
const DECISIONS = [
  "^services/worker/lifecycle/",
  "^services/producer/tasks/cancel/decide-cancel\\.ts$",
  "^services/producer/tasks/run/decide-run\\.ts$",
  "^services/producer/dead-letters/decide-replay\\.ts$",
  "^services/producer/schedules/(decide-tick|schedule-state)\\.ts$",
  "^shared/outbox/(decide-refusal|entry)\\.ts$",
  "^shared/records/(transition|writes|detail)\\.ts$",
].join("|");

const TESTS = "^(test|packages/[^/]+/test)/";

/** A rule for one room: these places are all of our own code that it may import. */
function room({ name, from, imports, comment }) {
  return { name, severity: "error", comment, from: { path: from }, to: { ...OURS, pathNot: imports } };
}

const rooms = [
  room({
    name: "shared-imports-only-shared",
    comment: "shared/ is what services, infra and clients agree on; it knows none of them.",
    from: "^shared/",
    imports: ["^shared/"],
  }),
  room({
    name: "services-import-only-shared",
    comment: "Services talk over the network. What two of them need belongs in shared/.",
    from: "^services/(?!(?:console|local)/)([^/]+)/",
    imports: ["^services/$1/", "^shared/"],
  }),
  room({
    name: "console-imports-only-the-client",
    comment: "The console reads and changes tasks through the API, as any client does.",
    from: "^services/console/",
    imports: ["^services/console/", "^packages/client/", "^shared/(http|runtime|auth)/"],
  }),
  room({
    name: "local-imports-only-what-it-starts",
    comment: "It also builds what the console's pages load, as images do.",
    from: "^services/local/",
    imports: ["^services/", "^packages/emulators/", "^shared/", "^tools/(console-assets/|project-dir\\.ts$)"],
  }),
  room({
    name: "client-imports-only-shared",
    comment: "The client is installed into other projects, which have neither our services nor our emulators.",
    from: "^packages/client/(?!test/)",
    imports: ["^packages/client/", "^shared/"],
  }),
  room({
    name: "emulators-import-nothing-of-ours",
    comment: "The emulators are a package that anybody can use. Their tests belong to it.",
    from: "^packages/emulators/",
    imports: ["^packages/emulators/"],
  }),
  room({
    name: "infra-imports-only-shared",
    comment: "The program provisions the services; it doesn't run their code. What both agree on belongs in shared/.",
    from: "^infra/",
    imports: ["^infra/", "^shared/"],
  }),
  room({
    name: "tools-import-only-shared",
    comment: "A build bundles files. It never loads the code that it bundles.",
    from: "^tools/",
    imports: ["^tools/", "^shared/"],
  }),
];

export default {
  forbidden: [
    ...rooms,
    {
      name: "nothing-imports-tests",
      severity: "error",
      from: { pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: "nothing-deployed-reaches-local-code",
      severity: "error",
      comment:
        "This also covers roundabout ways: through a folder that has no rule, or by a package's name. Tests are left to the rule above: looking for a way to each of them takes most of the time, and the last step of any way breaks that rule.",
      from: { path: DEPLOYED },
      to: { path: "^(services/local|packages/emulators)/", pathNot: TESTS, reachable: true },
    },
    {
      name: "the-clients-core-imports-no-node",
      severity: "error",
      comment:
        "The core runs in every runtime that has fetch. portable-core.test.ts checks what it reaches through other modules.",
      from: { path: "^packages/client/src/", pathNot: "^packages/client/src/(outbox|cli)/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "the-clients-core-stands-alone",
      severity: "error",
      comment: "The outbox needs Firestore's client, and the command line a terminal.",
      from: { path: "^packages/client/src/", pathNot: "^packages/client/src/(outbox/|cli/|packed/outbox\\.ts$)" },
      to: { path: "^packages/client/src/(outbox|cli)/" },
    },
    {
      name: "emulators-do-not-know-each-other",
      severity: "error",
      comment: "Each emulator can be used alone. Only the code that starts both may know both.",
      from: { path: "^packages/emulators/src/(cloud-tasks|firestore)/" },
      to: {
        path: "^packages/emulators/src/(cloud-tasks/|firestore/|cli/|[^/]+$)",
        pathNot: "^packages/emulators/src/$1/",
      },
    },
    {
      name: "only-entries-import-task-types",
      severity: "error",
      comment: "shared/tasks/ belongs to the user. Everything else takes the registry as a value from an entry point.",
      from: {
        pathNot: [
          "^shared/tasks/",
          "^services/worker/handlers/",
          "^packages/client/src/packed/",
          "^(services|infra|tools)/[^/]+/main\\.ts$",
          "^services/local/reload/registry-thread\\.ts$",
          "^infra/index\\.ts$",
          TESTS,
        ],
      },
      to: { path: "^shared/tasks/" },
    },
    {
      name: "only-the-entry-imports-handlers",
      severity: "error",
      comment: "Handlers belong to the user. The worker takes them as a value from main.ts.",
      from: { pathNot: ["^services/worker/(handlers/|main\\.ts$)", TESTS] },
      to: { path: "^services/worker/handlers/" },
    },
    {
      name: "only-tests-import-the-harness",
      comment: "It runs handlers for tests of them. Nothing that is deployed holds it.",
      from: { pathNot: ["^services/worker/testing/", TESTS] },
      to: { path: "^services/worker/testing/" },
    },
    {
      name: "decisions-import-no-io",
      severity: "error",
      comment:
        "Decisions return data. Type-only imports are harmless. Firestore's package is allowed for its value classes; test/unit/architecture/compiled/decisions.ts checks that they use nothing else of it, and that nothing they import does I/O.",
      from: { path: DECISIONS },
      to: {
        path: ["^(node:)?[a-z0-9_/]+$", "node_modules/"],
        pathNot: ["^assert(/strict)?$", "node_modules/(@google-cloud/firestore|zod)/"],
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "every-import-resolves",
      severity: "error",
      comment: "The other rules look at paths, and an import that can't be resolved has none.",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-dev-dependencies-where-it-runs",
      severity: "error",
      comment:
        "Only projects that have vitest import the matchers. What runs on a developer's machine alone has everything.",
      from: {
        path: "^(shared|services|packages/[^/]+/src)/",
        pathNot: ["^packages/emulators/src/vitest\\.ts$", "^services/local/"],
      },
      to: { dependencyTypes: ["npm-dev"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Programs of other packages, which are installed for a benchmark alone.
    exclude: { path: "^test/bench/peers/programs/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
