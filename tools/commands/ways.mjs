// How each command of the documents is exercised: run in its smallest form, by a step of .ci/run, by a test, or, with
// the reason, not here.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../packages/backend/dist/index.js";
import { root } from "../setup.mjs";

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const cambium = ["node", join(root, "packages", "cli", "dist", "main.js")];
const tsx = ["node", "--expose-gc", "--import", "tsx"];
const software = [...tsx, join(root, "tools", "browser", "src", "software.ts"), "swiftshader"];
/** `node` if `cambium setup tfjs`, a step of .ci/run, has built it into Cambium's cache; else another engine. */
const builds = cacheFolder(process, homedir(), "tfjs");
const isBuilt =
  existsSync(builds) && readdirSync(builds).some((name) => existsSync(join(builds, name, "tfjs_binding.node")));
const engine = isBuilt ? "engine=node" : "engine=wasm";

/**
 * @typedef {object} Way exactly one of `run`, `step`, `test`, `none`
 * @property {string[]} [run] the smallest form as a command line, in the scratch project unless `in` is "root"
 * @property {"root"} [in]
 * @property {string} [replaces] a path that is removed first
 * @property {number} [code] the exit code that it must have; default 0
 * @property {string} [step] the line of .ci/run that runs it
 * @property {string} [test] the test file that runs it
 * @property {string[]} [packages] what it installs
 * @property {string[]} [paths] what must be there in the repository
 * @property {string} [none] why nothing runs it
 */

/** The first pattern that matches a command decides. @type {[RegExp, (...groups: string[]) => Way][]} */
const ways = [
  [/^git clone |^cd cambium$/, () => ({ none: "is how the reader gets this repository" })],
  [/^\.ci\/run$/, () => ({ step: "npm test" })],
  [/^npm start$/, () => ({ run: ["node", "tools/start.mjs", "--help"], in: "root" })],
  [/^npm test( -- .*)?$/, (paths = "") => ({ step: "npm test", paths: paths.replace(" -- ", "").split(" ") })],
  [/^npm run pack -- (.*)$/, () => ({ step: "node tools/check-install.mjs" })],
  [/^(?:ONNXRUNTIME_NODE_INSTALL=skip )?npm install [^ ]*\*\.tgz$/, () => ({ step: "node tools/check-install.mjs" })],
  [/^(?:ONNXRUNTIME_NODE_INSTALL=skip )?(?:npm|npx|pnpm) (?:--?\S+ )*(?:install|uninstall)\b(.*)/, installs],
  [/^npx changeset$/, () => ({ none: "asks questions" })],
  [/^npx esbuild page\.ts (.*)$/, () => ({ test: "tools/browser/test/browser.test.ts" })],
  [/^npx tsx (.*checkpoint-logits\.ts) DIR OUT$/, checkpointLogits],
  [/^(?:npx )?cambium (?:run|inspect) recipes\/paper\//, () => ({ test: "tools/test/paper.test.mjs" })],
  [/^(?:npx )?cambium data \b/, () => ({ test: "packages/cli/test/data.test.ts" })],
  [/^node (tools\/data-scale\.mjs)/, () => ({ test: "tools/test/data-scale.test.mjs" })],
  [/^(?:npx )?cambium serve\b/, () => ({ test: "packages/cli/test/serve.test.ts" })],
  [/^npx tsx .*fuzz-serve\.ts/, () => ({ test: "packages/serve/test/fuzz.test.ts" })],
  [/^npx tsx .*ligo-fit\.ts/, () => ({ test: "packages/grow/test/find.test.ts" })],
  [/^npx tsx .*joint-products\.ts/, jointProducts],
  [/^npx tsx .*plans\.mjs/, () => ({ test: "tools/test/plans.test.mjs" })],
  [/^npx tsx .*eval-models\.ts MODELS$/, () => ({ none: "the test of packages/eval calls what it calls" })],
  [/^npx tsx .*op-samples\.ts \| python /, () => ({ none: "needs PyTorch, whose golden files are in the repository" })],
  [/^python /, () => ({ none: "needs PyTorch, transformers or mergekit, whose golden files are in the repository" })],
  [/^node (tools\/(kill-\w+|fuzz)\.mjs)/, (_, name) => ({ test: `tools/test/${name}.test.mjs` })],
  [/^node (tools\/(?:check|node-versions|check-packages|check-install)\.mjs)/, (tool) => ({ step: `node ${tool}` })],
  [/^node (tools\/support\.mjs)/, (tool) => ({ run: ["node", tool, "--check"], in: "root" })],
  [/^node tools\/gpu-check\.mjs --pack /, () => ({ none: "packs for minutes what the check beside it runs" })],
  [/^node tools\/gpu-check\.mjs/, () => onSoftware({ run: ["node", join(root, "tools/gpu-check.mjs"), "--small"] })],
  [/^node tools\/bench-power\.mjs/, () => ({ test: "tools/test/bench-power.test.mjs" })],
  [/^node tools\/bars\.mjs/, () => ({ test: "tools/test/bars.test.mjs" })],
  [/^node tools\/benchmarks\.mjs/, () => ({ run: ["node", "tools/benchmarks.mjs", "--help"], in: "root" })],
  [/^npm run software -- swiftshader COMMAND$/, () => ({ run: [...software, "node", "--version"], in: "root" })],
  [/^npm run software -- swiftshader (cambium .*)$/, (rest) => onSoftware(wayOf(rest))],
  [/^(?:(?:npx )?pnpm|npm run) ([\w:]+)(?: --)?(.*)$/, script],
  [/^(?:npx )?cambium setup \w+ --cuda/, () => ({ none: "needs NVIDIA's GPU and gigabytes of its libraries" })],
  [/^(?:npx )?cambium setup torch$/, () => ({ none: "fetches gigabytes of PyTorch, which only an engine needs" })],
  [/^node tools\/grow-70b\.mjs/, () => ({ run: ["node", "tools/grow-70b.mjs", "--gigabytes", "0"], in: "root" })],
  [/^node tools\/engine-check\.mjs/, () => ({ none: "needs PyTorch; it is run before a release" })],
  [/^(?:npx )?cambium setup tfjs$/, () => ({ step: "node packages/cli/dist/main.js setup tfjs" })],
  [/^(?:npx )?cambium bench (.*)$/, benchCommand],
  [/^(?:npx )?cambium (\w+)$/, (name) => ({ run: [...cambium, ...(harmless.has(name) ? [name] : [name, "--help"])] })],
  [/^(?:npx )?cambium (.*)$/, command],
];

/** Commands that take no argument and change nothing. */
const harmless = new Set(["doctor", "plugins"]);

/** @returns {Way | undefined} undefined for a command that no pattern matches */
export function wayOf(command) {
  for (const [pattern, way] of ways) {
    const match = pattern.exec(command);
    if (match) return way(...match.slice(1));
  }
  return undefined;
}

/** A script of package.json; a script that only starts a tool counts as that tool's command. */
function script(name, rest) {
  const line = scripts[name];
  if (line === undefined) return undefined;
  const args = rest.trim().split(" ").filter(Boolean);
  if (name === "new") return { test: "tools/test/new.test.mjs" };
  if (name === "study") return { run: ["node", "tools/study.mjs", ...args, "--help"], in: "root" };
  if (name === "generate") return { step: "node tools/check.mjs" }; // It compares every generated file.
  return { step: line.split(" && ")[0] };
}

/** The packages that a README installs must be ours, or peers of the backend. */
function installs(rest) {
  const names = rest.split(" ").filter((word) => word !== "" && !word.startsWith("-"));
  return { packages: names, step: "node tools/check-install.mjs" };
}

function checkpointLogits(path) {
  const model = join(root, "tools", "golden", "passthrough", "mha-untied");
  const file = path.includes("/") ? path : `tools/golden/${path}`;
  return { run: [...tsx, "--conditions=@cambium/source", file, model, "OUT"], in: "root" };
}

function jointProducts() {
  const file = join("backends", "onnx", "scripts", "joint-products.ts");
  return { run: [...tsx, "--conditions=@cambium/source", file, "1", "6Lx128"], in: "root" };
}

/** The benchmark on its fewest cases, once; tests run its other forms. */
function benchCommand(rest) {
  const args = rest.split(" ");
  if (args.includes("--peer")) return { test: "benchmarks/test/peers.test.ts" };
  if (!args.includes("--out")) return { test: "packages/cli/test/bench.test.ts" };
  return { run: [...cambium, "bench", ...args, "--quick", "--suite", "gemm", "--backend", "onnx"] };
}

/** `cambium …` on the scratch project's small files. */
function command(rest) {
  const line = rest
    .replace(/\b(RECIPE|recipes\/quickstart\.yaml|recipes\/methods\/\w+\.yaml)\b/, "recipe.yaml")
    .replace(/\bMODEL\b/, "./model")
    .replace(/\bPATH\b/, "./model")
    .replace(/\bRUN\b/, "runs/small")
    .replace("--data FOLDER", "--data ./eval-data")
    .replace(/\bFILE\.yml TARGET\b/, "./passthrough.yml ./grown")
    .replace(/\bTABLE\b/, "runs.csv")
    .replace(/\bSOURCE TARGET\b/, "./base ./grown")
    .replace(/\bSOURCE\b/, "./model")
    .replace("seed=0..2", "seed=0..1")
    .replace(/growth\.0\.at=\S+/, "growth.0.at=1k,2k") // The documents' sizes take minutes.
    .replace("--iso-flop 3e13,1e14 --vary growth.0.at", "--iso-flop 6e7 --vary growth.0.at=256,512,768")
    .replace("--corpus C --tokens N", "--corpus ./text.txt --tokens 512 --context 16")
    .replace("--corpus moby-dick", "--corpus moby-dick --tokens 256")
    .replace(/\b(TEXT|NAME)\b/, "word")
    .replace(/ --precision mixed| --backend-option (adapter=nvidia|tune=true)/g, "") // These need a GPU.
    .replace(" --over train.precision=bf16", "") // This needs a CPU that multiplies bf16.
    .replace("engine=node", engine)
    .replace(/^grow --(?!mergekit)/, "grow ./base ./grown --")
    .replace(/^generate \.\/grown/, "generate ./model") // Each grow removes ./grown first, a dry run too.
    .replace(/^inspect --profile$/, "inspect ./model --graph step --backend onnx --profile");
  const args = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
  if (args[0] === "generate") args.push("--max-new-tokens", "4");
  if (args[0] === "verify") args.push("./model", "--steps", "0");
  // A dry run, because torch is not installed.
  if (args[0] === "launch") args.splice(1, args.length, "recipe.yaml", "--engine", "torch", "--dry-run");
  if (args[0] === "sweep" && !args.includes("--out")) args.push("--out", "sweep");
  const way = {
    run: [...cambium, ...args],
    ...(args[0] === "grow" && { replaces: args[args.includes("--mergekit") ? 3 : 2] }),
  };
  if (args[0] === "plan" && args.includes("--out")) way.replaces = args[args.indexOf("--out") + 1];
  if (args[0] === "init") {
    way.run.splice(-1, 1, "./text.txt", "--out", "fresh.yaml");
    way.replaces = "fresh.yaml";
  }
  if (args[0] === "create") way.replaces = `cambium-${args[1].replace("task", "eval")}-${args[2]}`;
  return args.includes("webgpu") || args.includes("--wgsl") ? onSoftware(way) : way;
}

/** On the software adapter of WebGPU. */
function onSoftware(way) {
  return way.run[0] === software[0] && way.run.includes(software.at(-2))
    ? way
    : { ...way, run: [...software, ...way.run] };
}
