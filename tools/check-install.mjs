// `npm run check:install`: what a user does. npm installs the command, one backend and one operator from tarballs into
// an empty project outside this repository, and they are run. An operator, a family and a task made by `cambium create`
// are tested, built, packed and installed beside them, and used by a recipe, `grow` and `eval`. No other package of
// Cambium's is there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quiet } from "./run.mjs";
import { root, setUp } from "./setup.mjs";
import { closure, pack, tarballOf } from "./tarballs.mjs";

await setUp("build");
const scratch = mkdtempSync(join(tmpdir(), "cambium-install-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
const project = join(scratch, "project");
const main = join(project, "node_modules", "@cambium", "cli", "dist", "main.js");
const faults = [];

// As described in docs/packages.md.
const tarballs = join(scratch, "tarballs");
const wanted = ["cli", "backend-onnx", "operator-stack"];
await quiet("Packing", process.execPath, [join(root, "tools", "pack.mjs"), tarballs, ...wanted]);
const packed = new Map(
  closure(wanted.map((name) => `@cambium/${name}`)).map((name) => [name, tarballOf(name, tarballs)]),
);
mkdirSync(project);
writeFileSync(join(project, "package.json"), JSON.stringify({ name: "elsewhere", private: true }));
await npm("Installing the command, a backend and an operator", project, ["install", ...packed.values()]);
expectOnly("backend", ["onnx"]);
expectOnly("operator", ["stack"]);
for (const heavy of ["webgpu", "@tensorflow", "@stdlib"]) {
  if (existsSync(join(project, "node_modules", heavy))) faults.push(`${heavy} was installed, though nothing needs it`);
}
await runRecipe("stack");

// A preset installs its own operator, and no other.
const preset = "@cambium/operator-partial-123x7-456";
for (const [name, tarball] of await pack(
  closure([preset]).filter((name) => !packed.has(name)),
  scratch,
))
  packed.set(name, tarball);
await npm("Installing a preset", project, ["install", ...closure([preset]).map((name) => packed.get(name))]);
expectOnly("operator", ["partial", "partial-123x7-456", "stack"]);

const made = await makePlugins({ operator: "tail-end", family: "side-by-side", task: "pop-quiz" });
await npm("Installing them", project, ["install", ...made]);
await runRecipe("tail-end");
await runRecipe("stack", "side-by-side");
const question = { question: "It was the", answers: ["best", "zebra"], right: 0 };
writeFileSync(join(project, "pop-quiz.jsonl"), `${JSON.stringify(question)}\n`);
const asked = ["eval", join("runs", "side-by-side"), "--data", ".", "--tasks", "pop-quiz", "--json"];
const { results } = JSON.parse(await cambium("Asking the task of the family's model", asked));
if (!Number.isFinite(results["pop-quiz"]?.["acc,none"])) faults.push(`eval gave ${JSON.stringify(results)}`);
await useLinked();
const model = join(project, "runs", "stack");
const bySixths = ["--operator", "partial-123x7-456", "--factor", "2", "--dry-run"];
const refused = await failure(["grow", model, "sixths", ...bySixths]);
if (!refused.includes("operator partial-123x7-456"))
  faults.push(`the preset did not refuse 2 layers by its name: ${refused}`);
await cambium("Growing by it", ["grow", model, "grown", "--operator", "tail-end", "--factor", "2"]);
const { num_hidden_layers: layers } = JSON.parse(readFileSync(join(project, "grown", "config.json"), "utf8"));
if (layers !== 4) faults.push(`grow made ${layers} layers of 2 by a factor of 2`);

for (const fault of faults) console.error(fault);
console.log(`Installed by npm outside the repository and run; ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

/**
 * One package of each kind by `cambium create`, in a workspace of npm's: installed, tested, packed. @returns tarballs
 */
async function makePlugins(names) {
  const folder = join(scratch, "made");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "made", private: true, workspaces: ["*"] }));
  for (const [kind, name] of Object.entries(names))
    await cambium(`Creating ${kind} ${name}`, ["create", kind, name, "--out", join(folder, name)]);
  // Published packages would be installed by version.
  await npm("Installing what they need", folder, [
    "install",
    ...closure(["@cambium/growth", "@cambium/model", "@cambium/eval"]).map((name) => packed.get(name)),
  ]);
  for (const script of ["types", "test"]) await npm(`${script} of each`, folder, ["run", script, "--workspaces"]);
  await npm("Building and packing them", folder, ["pack", "--workspaces"]);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".tgz"))
    .map((file) => join(folder, file));
}

/**
 * A backend and an operator installed as `cambium create` tells their authors: npm links the folders, which have their
 * own copies of Cambium's packages. Their names follow no pattern, so they must be found by their keywords.
 */
async function useLinked() {
  const folder = join(scratch, "linked");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "linked", private: true, workspaces: ["*"] }));
  for (const [kind, name] of [
    ["backend", "abacus"],
    ["operator", "tip"],
  ]) {
    const args = ["create", kind, name, "--package", `@me/${name}`, "--out", join(folder, name)];
    const said = await cambium(`Creating ${kind} ${name}`, args);
    if (!said.includes(`--${kind} @me/${name}`)) faults.push(`create ${kind} told another name: ${said}`);
  }
  const needed = closure(["@cambium/growth", "@cambium/backend"]).map((name) => packed.get(name));
  await npm("Installing what they need", folder, ["install", ...needed]);
  await npm("Building them", folder, ["run", "build", "--workspaces"]);
  const folders = ["abacus", "tip"].map((name) => join(folder, name));
  await npm("Linking them", project, ["install", ...folders]);
  const listed = JSON.parse(await cambium("Listing plugins", ["plugins", "--json"]));
  for (const name of ["@me/abacus", "@me/tip"])
    if (!listed.some((one) => one.package === name && one.error === undefined)) faults.push(`plugins lacks ${name}`);
  await runRecipe("@me/tip", undefined, { name: "linked", backend: "@me/abacus" });
  const byFolder = ["--operator", join("..", "linked", "tip"), "--factor", "2"];
  await cambium("Growing by the folder", ["grow", join("runs", "linked"), "by-folder", ...byFolder]);
  const prompt = ["--backend", folders[0], "--prompt", "It", "--max-new-tokens", "2"];
  await cambium("Generating by the folder", ["generate", join("runs", "linked"), ...prompt]);
}

function expectOnly(kind, expected) {
  const prefix = `${kind}-`;
  const installed = readdirSync(join(project, "node_modules", "@cambium")).filter((name) => name.startsWith(prefix));
  const names = installed.map((name) => name.slice(prefix.length));
  if (names.join() !== expected.join()) faults.push(`${kind}s installed: ${names}; asked for: ${expected}`);
}

/** A run of a few seconds on its own text. */
async function runRecipe(operator, family, { name = family ?? operator, backend } = {}) {
  writeFileSync(join(project, "text.txt"), "It was the best of times, it was the worst of times. ".repeat(400));
  const recipe = `
name: ${name}
data: { corpus: ./text.txt, heldOut: 0.2 }
model: { ${family ? `family: ${family}, ` : ""}layers: 1, hidden: 16, heads: 2, intermediate: 32, context: 16 }
growth: [{ operator: "${operator}", factor: 2, at: 2k }]${backend ? `\nbackend: "${backend}"` : ""}
train: { tokens: 8k, batch: 8, lr: 1e-3 }
samples: { tokens: 4 }
`;
  writeFileSync(join(project, `${name}.yaml`), recipe);
  const said = await cambium(`Running a recipe with ${name}`, ["run", `${name}.yaml`, "--json"]);
  const result = JSON.parse(said.trim().split("\n").at(-1));
  const arms = result.arms ?? result.summary?.arms ?? [];
  if (!(arms.length === 2 && arms.every(({ done }) => done))) faults.push(`the recipe with ${name} gave ${said}`);
}

function cambium(title, args) {
  return quiet(title, process.execPath, [main, ...args], { cwd: project, patience: 2000 });
}

/** The output of a command that must fail. */
async function failure(args) {
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: project, encoding: "utf8" });
  if (status === 0) faults.push(`cambium ${args.join(" ")} did not fail`);
  return stderr;
}

function npm(title, cwd, args) {
  const flags = args[0] === "install" ? ["--no-audit", "--no-fund", "--ignore-scripts"] : [];
  return quiet(title, "npm", [...args, ...flags, "--loglevel=error"], { cwd, patience: 2000 });
}
