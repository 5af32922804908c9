/** Imports point one way: services → shared, test → all. No service imports another; nothing deployed imports services/local. */
export default {
  forbidden: [
    {
      name: "shared-imports-no-service",
      severity: "error",
      comment: "shared/ is what services agree on; it knows none of them.",
      from: { path: "^shared/" },
      to: { path: "^(services|infra|test)/" },
    },
    {
      name: "no-service-imports-another",
      severity: "error",
      comment: "Services talk over the network. What two of them need belongs in shared/.",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/", pathNot: "^services/$1/" },
    },
    {
      name: "emulators-do-not-know-each-other",
      severity: "error",
      comment: "Each emulator is useful alone.",
      from: { path: "^services/local/(cloud-tasks|firestore)/" },
      to: { path: "^services/local/(cloud-tasks|firestore|standalone|start)/", pathNot: "^services/local/$1/" },
    },
    {
      name: "infra-imports-shared-only",
      severity: "error",
      comment:
        "The program provisions the services; it doesn't run their code. What both must agree on belongs in shared/.",
      from: { path: "^infra/" },
      to: { path: "^services/" },
    },
    {
      name: "services-do-not-import-infra",
      severity: "error",
      from: { path: "^services/" },
      to: { path: "^infra/" },
    },
    {
      name: "nothing-imports-tests",
      severity: "error",
      from: { path: "^(shared|services|infra)/" },
      to: { path: "^test/" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-dev-dependencies-in-services",
      severity: "error",
      comment: "The matchers' types are vitest's own, and only who has vitest imports them.",
      from: { path: "^(shared|services)/", pathNot: "^services/local/vitest-matchers\\.ts$" },
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
