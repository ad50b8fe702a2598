// The import rules of the house, as checks: imports point down the list and never sideways into a plugin.
const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const order = [
  "ir",
  "files",
  "plugin",
  "backend",
  "model",
  "growth",
  "checkpoint",
  "grow",
  "data",
  "inference",
  "train",
  "scaling",
  "eval",
  "serve",
  "recipe",
  "engine",
  "run-format",
  "run",
  "report",
  "verify",
  "bench",
  "cli",
];
const isomorphic = [
  "ir",
  "plugin",
  "backend",
  "model",
  "growth",
  "grow",
  "data",
  "inference",
  "train",
  "scaling",
  "eval",
  "recipe",
  "run-format",
  "verify",
  "bench",
];
/** Entries for Node of packages that run in browsers too: `src/node.ts` or all of `src/node/`. */
const nodeEntry = "^packages/[^/]+/src/node(\\.ts$|/)";
/** Loads the entry for Node where there is Node: `#node` of its package.json is nothing in browsers. */
const loadsNode = "^packages/data/src/(by-path|corpus-spec)\\.ts$";

/** Ops whose gradient rules apply each other (`vjp` in packages/ir/src/graph.ts); the last has a file between them. */
const transposes = [
  ["sin", "cos"],
  ["gather", "scatter-add"],
  ["pad", "slice"],
  ["broadcast", "reduce-sum", "shared/adjoints"],
];
const filesOf = (files) => `^packages/ir/src/ops/(${files.join("|")})\\.ts$`;

// A preset is generated from operators/presets.mjs and imports the operator it is of.
const presets = readdirSync(join(__dirname, "operators"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readSource(entry.name).includes("presetOperator("))
  .map(({ name }) => name);

function readSource(operator) {
  try {
    return readFileSync(join(__dirname, "operators", operator, "src", "index.ts"), "utf8");
  } catch {
    return "";
  }
}

const downward = order.slice(0, -1).map((name, i) => ({
  name: `${name}-imports-down`,
  comment: `${name} may import only what stands before it: ${order.slice(0, i).join(", ") || "nothing"}`,
  severity: "error",
  from: { path: `^packages/${name}/src` },
  to: { path: `^packages/(${order.slice(i + 1).join("|")})/` },
}));

module.exports = {
  forbidden: [
    ...downward,
    {
      name: "no-cycles",
      comment: "but for the four pairs of ops that are each other's transposes; types count too",
      severity: "error",
      from: { path: "/src/", pathNot: transposes.map(filesOf) },
      to: { circular: true },
    },
    ...transposes.map((pair) => ({
      name: `${pair[0]}-cycle`,
      comment: `${pair.join(", ")}: these import each other and nothing else that imports them`,
      severity: "error",
      from: { path: filesOf(pair) },
      to: { circular: true, via: { pathNot: filesOf(pair) } },
    })),
    {
      name: "core-knows-no-plugin",
      comment: "the core resolves plugins by name at run time; only end-to-end tests import one",
      severity: "error",
      from: { path: "^packages/", pathNot: "^packages/(recipe|run|cli)/test/" },
      to: { path: "^(backends|operators|engines)/" },
    },
    {
      name: "corpora-are-optional",
      comment: "the texts are an optional package that data asks for by name at run time",
      severity: "error",
      from: { path: "^packages/(?!corpora/)[^/]+/src" },
      to: { path: "^packages/corpora/" },
    },
    {
      name: "corpora-stand-alone",
      comment: "the texts need errors of the right shape and nothing else of ours",
      severity: "error",
      from: { path: "^packages/corpora/src" },
      to: { path: "^(packages/(?!corpora/|ir/)|backends/|operators/)" },
    },
    {
      name: "backends-stand-alone",
      comment: "a backend depends on ir and backend, nothing else of ours",
      severity: "error",
      from: { path: "^backends/([^/]+)/src" },
      to: { path: "^(packages/(?!ir/|backend/)|operators/|backends/(?!$1/))" },
    },
    {
      name: "operators-stand-alone",
      comment: "an operator depends on growth, and on the types of model and ir",
      severity: "error",
      from: { path: "^operators/([^/]+)/src", pathNot: `^operators/(${presets.join("|")})/` },
      to: { path: "^(packages/(?!growth/|model/|ir/)|backends/|operators/(?!$1/))" },
    },
    {
      name: "presets-stand-on-one",
      comment: "a preset depends on growth and on the operator it is of",
      severity: "error",
      from: { path: `^operators/(${presets.join("|")})/src` },
      to: { path: `^(packages/(?!growth/)|backends/|operators/(${presets.join("|")})/src)`, pathNot: "^operators/$1/" },
    },
    {
      name: "engines-stand-alone",
      comment: "an engine depends on engine and what that is made of, never on another plugin or on what runs it",
      severity: "error",
      from: { path: "^engines/([^/]+)/src" },
      to: { path: "^(packages/(run-format|run|report|bench|cli)/|backends/|operators/|engines/(?!$1/))" },
    },
    {
      name: "isomorphic",
      comment: "these run unchanged in Node and in a browser: Node's modules only in a package's entry for Node",
      severity: "error",
      from: { path: `^packages/(${isomorphic.join("|")})/src`, pathNot: nodeEntry },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "isomorphic-imports-isomorphic",
      comment: "what they import must run in a browser too",
      severity: "error",
      from: { path: `^packages/(${isomorphic.join("|")})/src`, pathNot: [nodeEntry, loadsNode] },
      to: { path: `^packages/(?!(${isomorphic.join("|")})/)|${nodeEntry}` },
    },
    {
      name: "heavy-packages-stay-home",
      comment: "native packages belong to their backend alone",
      severity: "error",
      from: { path: "^(packages|operators)/" },
      to: { path: "(^|/)(onnxruntime-node|onnxruntime-web|webgpu|@tensorflow)(/|$)" },
    },
    {
      name: "resolvable",
      comment: "an import that leads nowhere",
      severity: "error",
      from: { path: "/(src|test)/" },
      // Types only, named by a directive: there is no module behind them.
      to: { couldNotResolve: true, pathNot: "^@webgpu/types$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|generated)/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@cambium/source", "import", "node", "default"],
    },
  },
};
