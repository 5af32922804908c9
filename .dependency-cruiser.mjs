/**
 * Imports point one way. Each rule has a case in test/unit/architecture/boundaries.test.ts that breaks it.
 *
 *     services, infra, packages/client, tools ──▶ shared          services/console ──▶ packages/client, parts of shared
 *     services/local ──▶ services, packages/emulators, shared     packages/emulators ──▶ nothing of ours     test ──▶ all
 */

/** Modules of ours; not those of Node, nor of a package. */
const OURS = { path: "^(?!.*node_modules/)", dependencyTypesNot: ["core"], couldNotResolve: false };

/** What runs on Google Cloud, or puts it there. */
const DEPLOYED = "^(shared/|services/(?!local/)|packages/client/(?!test/)|infra/)";

/** Code that decides and does nothing else. */
const DECISIONS = "^(services/worker/lifecycle/|shared/records/transition\\.ts$)";

const TESTS = "^(test|packages/[^/]+/test)/";

/** A rule for one room: of ours, it imports these places and nothing else. */
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
    from: "^services/local/",
    imports: ["^services/", "^packages/emulators/", "^shared/"],
  }),
  room({
    name: "client-imports-only-shared",
    comment: "The client is installed into other projects, which have neither our services nor our emulators.",
    from: "^packages/client/(?!test/)",
    imports: ["^packages/client/", "^shared/"],
  }),
  room({
    name: "emulators-import-nothing-of-ours",
    comment: "The emulators are useful to anybody. Their tests move out with them.",
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
    comment: "A build reads what it builds from its files. It doesn't load it.",
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
      comment: "Not through a folder without a rule, and not by a package's name, either.",
      from: { path: DEPLOYED },
      to: { path: ["^services/local/", "^packages/emulators/", TESTS], reachable: true },
    },
    {
      name: "emulators-do-not-know-each-other",
      severity: "error",
      comment: "Each emulator is useful alone. What starts them both knows them; they don't know it.",
      from: { path: "^packages/emulators/src/(cloud-tasks|firestore)/" },
      to: {
        path: "^packages/emulators/src/(cloud-tasks/|firestore/|cli/|[^/]+$)",
        pathNot: "^packages/emulators/src/$1/",
      },
    },
    {
      name: "only-entries-import-task-types",
      severity: "error",
      comment: "shared/tasks/ is the user's. All else takes the registry as a value, which an entry hands in.",
      from: {
        pathNot: [
          "^shared/tasks/",
          "^services/worker/handlers/",
          "^services/[^/]+/main\\.ts$",
          "^infra/index\\.ts$",
          TESTS,
        ],
      },
      to: { path: "^shared/tasks/" },
    },
    {
      name: "only-the-entry-imports-handlers",
      severity: "error",
      comment: "The handlers are the user's. The worker takes them as a value, which main.ts hands in.",
      from: { pathNot: ["^services/worker/(handlers/|main\\.ts$)", TESTS] },
      to: { path: "^services/worker/handlers/" },
    },
    {
      name: "decisions-import-no-io",
      severity: "error",
      comment:
        "Decisions return data. What they import only as a type does nothing, and Firestore's package has value classes. That these are all they use of it, also through other modules, is checked in decisions.test.ts.",
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
      comment: "What can't be resolved has no path that a rule could hold it against.",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-dev-dependencies-where-it-runs",
      severity: "error",
      comment: "The matchers' types are vitest's own, and only who has vitest imports them.",
      from: {
        path: "^(shared|services|packages/[^/]+/src)/",
        pathNot: "^packages/emulators/src/vitest\\.ts$",
      },
      to: { dependencyTypes: ["npm-dev"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
