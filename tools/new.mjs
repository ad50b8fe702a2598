// `pnpm new op|operator|backend NAME`: makes a room with passing tests and says what comes next.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { relock, root, setUp, tool } from "./setup.mjs";

const usage = `pnpm new op NAME         a primitive op in packages/ir/src/ops
pnpm new operator NAME   a growth operator in operators/NAME
pnpm new backend NAME    a backend in backends/NAME`;

const [kind, name, ...rest] = process.argv.slice(2);
const make = { op, operator: plugin, backend: plugin }[kind];
if (!make || !name || rest.length > 0) {
  console.error(usage);
  process.exit(2);
}
await setUp();
// These stand on packages that setting up has built.
const { createPlugin, spellings } = await import("@cambium/cli/create");
const { missingLowerings, newOp } = await import("./new/op.mjs");
try {
  await make();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function op() {
  const written = newOp(join(root, "packages", "ir"), name);
  for (const path of written) console.log(`wrote packages/ir/${path}`);
  await setUp("generate");
  console.log("Asking tsc which lowering tables lack it …");
  const [node, tsc] = tool("typescript", "tsc");
  const { stdout } = spawnSync(node, [tsc, "-p", ".", "--pretty", "false"], { cwd: root, encoding: "utf8" });
  const { asked, other } = missingLowerings(stdout, name);
  for (const place of asked) console.log(`  ${place} wants a lowering for "${spellings(name).camel}"`);
  if (asked.length === 0) console.log("  none does");
  if (other.length > 0) console.log(`  (and ${other.length} type errors that are not about it)`);
  console.log("Now say in its file what it is, and give it golden values (tools/golden/README.md); then:");
  console.log("pnpm vitest run packages/ir packages/backend backends");
}

async function plugin() {
  const { kebab } = spellings(name);
  const folder = join(`${kind}s`, kebab);
  const written = createPlugin(join(root, folder), { kind, name: kebab, packageName: `@cambium/${kind}-${kebab}` });
  for (const path of written) console.log(`wrote ${join(folder, path)}`);
  await relock();
  console.log(`Its tests pass as it stands: pnpm vitest run ${folder}`);
  console.log(`Now make it what it is to be, in ${join(folder, "src")}; then: pnpm check and pnpm changeset`);
}
