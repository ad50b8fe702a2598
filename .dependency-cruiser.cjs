// The import rules of the house, as checks: imports point down the list and never sideways into a plugin.
const order = ["ir", "backend", "model", "growth", "checkpoint", "data", "train", "scaling", "eval", "experiment", "report", "cli"];
const isomorphic = ["ir", "backend", "model", "growth", "train", "scaling"];

const downward = order.flatMap((name, i) => {
  const above = order.slice(i + 1);
  return above.length === 0
    ? []
    : [
        {
          name: `${name}-imports-down`,
          comment: `${name} may import only what stands above it in the house: ${order.slice(0, i).join(", ") || "nothing"}`,
          severity: "error",
          from: { path: `^packages/${name}/src` },
          to: { path: `^packages/(${above.join("|")})/` },
        },
      ];
});

module.exports = {
  forbidden: [
    ...downward,
    { name: "no-cycles", severity: "error", from: { pathNot: "^packages/ir/src/" }, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    {
      name: "core-knows-no-plugin",
      comment: "the core resolves plugins by name at run time",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(backends|operators)/" },
    },
    {
      name: "backends-stand-alone",
      comment: "a backend depends on ir and backend alone",
      severity: "error",
      from: { path: "^backends/([^/]+)/src" },
      to: { path: "^(packages/(?!ir/|backend/)|operators/|backends/(?!$1/))" },
    },
    {
      name: "operators-stand-alone",
      comment: "an operator depends on growth, and on the model's types",
      severity: "error",
      from: { path: "^operators/([^/]+)/src" },
      to: { path: "^(packages/(?!growth/|model/|ir/)|backends/|operators/(?!$1/))" },
    },
    {
      name: "isomorphic",
      comment: "these run unchanged in Node and in a browser; only a package's src/node.ts and conformance kit may use Node",
      severity: "error",
      from: { path: `^packages/(${isomorphic.join("|")})/src`, pathNot: "/src/node\\.ts$|/src/conformance" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "heavy-packages-stay-home",
      comment: "native packages belong to their backend alone",
      severity: "error",
      from: { path: "^(packages|operators)/" },
      to: { path: "node_modules/(onnxruntime-node|onnxruntime-web|webgpu|@tensorflow)" },
    },
    { name: "resolvable", severity: "error", from: { path: "/src/" }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|generated)/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["@cambium/source", "import", "node", "default"] },
  },
};
