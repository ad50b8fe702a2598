// `npm run new -- op|composite|operator|backend|preset NAME`: makes a package or file with passing tests and says what
// to do next.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { presets } from "../operators/presets.mjs";
import { withOrigin } from "./manifests.mjs";
import { run } from "./run.mjs";
import { relock, root, setUp, tool } from "./setup.mjs";

const usage = `npm run new -- op NAME         a primitive op in packages/ir/src/ops
npm run new -- composite NAME  an op made of others in packages/ir/src/composites
npm run new -- operator NAME   a growth operator in operators/NAME
npm run new -- backend NAME    a backend in backends/NAME
npm run new -- preset NAME     an operator with options fixed, from its line in operators/presets.mjs`;

const [kind, name, ...rest] = process.argv.slice(2);
const make = { op, composite: op, operator: plugin, backend: plugin, preset }[kind];
if (!make || !name || rest.length > 0) {
  console.error(usage);
  process.exit(2);
}
await setUp();
// These need packages that setUp has built.
const { createPlugin, spellings } = await import("@cambium/plugin/node");
const { missingLowerings, newOp } = await import("./new/op.mjs");
try {
  await make();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function op() {
  const written = newOp(join(root, "packages", "ir"), name, kind);
  for (const path of written) console.log(`wrote packages/ir/${path}`);
  await setUp("generate");
  console.log("Asking tsc which lowering tables lack it …");
  const [node, tsc] = tool("typescript", "tsc");
  const { stdout } = spawnSync(node, [tsc, "-p", ".", "--pretty", "false"], { cwd: root, encoding: "utf8" });
  const { asked, other } = missingLowerings(stdout, name);
  for (const place of asked) console.log(`  ${place} needs a lowering for "${spellings(name).camel}"`);
  if (asked.length === 0) console.log("  none does");
  if (other.length > 0) console.log(`  (and ${other.length} unrelated type errors)`);
  console.log("Now write its rules in its file, and give it golden values (tools/golden/README.md); then:");
  console.log("npm test -- packages/ir packages/backend backends");
}

async function plugin() {
  const { kebab } = spellings(name);
  const folder = join(`${kind}s`, kebab);
  const written = createPlugin(join(root, folder), { kind, name: kebab, packageName: `@cambium/${kind}-${kebab}` });
  for (const path of written) console.log(`wrote ${join(folder, path)}`);
  const manifest = join(root, folder, "package.json");
  writeFileSync(manifest, withOrigin(readFileSync(manifest, "utf8"), folder.replaceAll("\\", "/")));
  await addToProject(`@cambium/${kind}-${kebab}`);
  console.log(`Its tests pass as it stands: npm test -- ${folder}`);
  console.log(`Now write your own code in ${join(folder, "src")}; then: npm run check and npx changeset`);
}

async function preset() {
  if (!Object.hasOwn(presets, name)) {
    throw new Error(`operators/presets.mjs has no line for "${name}": add one, then run this again`);
  }
  const write = ["--conditions=@cambium/source", "--import", "tsx", join(root, "tools", "presets.mjs")];
  if ((await run(process.execPath, write, { cwd: root })) !== 0) throw new Error("the preset was not written");
  await addToProject(`@cambium/operator-${name}`);
  console.log(`Its tests pass as it stands: npm test -- operators/${name}`);
}

/**
 * Makes the package resolvable from this repository's own recipes and tests: a line in package.json, after its kind.
 */
async function addToProject(packageName) {
  const path = join(root, "package.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  const entries = Object.entries(manifest.devDependencies);
  const prefix = packageName.replace(/-.*/, "-");
  if (!Object.hasOwn(manifest.devDependencies, packageName)) {
    const at = entries.findLastIndex(([one]) => one.startsWith(prefix)) + 1;
    entries.splice(at || entries.length, 0, [packageName, "workspace:*"]);
    writeFileSync(path, `${JSON.stringify({ ...manifest, devDependencies: Object.fromEntries(entries) }, null, 2)}\n`);
  }
  await relock();
}
