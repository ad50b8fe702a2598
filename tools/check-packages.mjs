// `npm run check:packages`: packs what would be published, unpacks it, lints it (publint, are-the-types-wrong) and
// imports it in plain Node. Tests run on sources; this checks the files that people install.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { quiet, run } from "./run.mjs";
import { pnpm, root, setUp } from "./setup.mjs";

await setUp("build");
const { publint } = await import("publint");
const { formatMessage } = await import("publint/utils");
const { checkPackage, createPackageFromTarballData } = await import("@arethetypeswrong/core");
/** Resolution kinds that an ES module need not support. */
const unasked = ["node10", "node16-cjs"];

const scratch = mkdtempSync(join(tmpdir(), "cambium-packages-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
const modules = join(scratch, "node_modules");

const packages = ["packages", "backends", "operators", "engines"]
  .flatMap((room) => readdirSync(join(root, room)).map((name) => join(root, room, name)))
  .filter((folder) => existsSync(join(folder, "package.json")))
  .map((folder) => ({ folder, ...manifestOf(folder) }))
  .filter((one) => !one.private);

const faults = [];
for (const { name, folder, repository, homepage, keywords } of packages) {
  if (!repository?.url || !homepage || !keywords?.includes("cambium"))
    faults.push(`${name}: does not say where it comes from: npm run generate writes it into ${folder}/package.json`);
}
await pnpm(["--recursive", "pack", "--pack-destination", scratch], { cwd: root });
for (const { name, version } of packages) {
  const tarball = join(scratch, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
  const unpacked = join(modules, name);
  mkdirSync(unpacked, { recursive: true });
  await quiet(`Unpacking ${name}`, "tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1"], {
    patience: 5000,
  });
  await lint(name, unpacked, tarball);
}
linkDependencies();
for (const { name } of packages) await importEntries(name);
const main = join(modules, "@cambium", "cli", "dist", "main.js");
await quiet("cambium --version", process.execPath, [main, "--version"], { cwd: scratch, patience: 5000 });

for (const fault of faults) console.error(fault);
console.log(`${packages.length} packages packed, linted and imported; ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

async function lint(name, folder, tarball) {
  const manifest = manifestOf(folder);
  const { messages } = await publint({ pkgDir: folder, pack: false, strict: true });
  faults.push(...messages.map((message) => `${name}: ${formatMessage(message, manifest, { color: false })}`));
  for (const file of ["README.md", "LICENSE", ...(name === "@cambium/cli" ? ["docs/recipes.md"] : [])]) {
    if (!existsSync(join(folder, file))) faults.push(`${name}: is packed without a ${file}`);
  }
  const typed = Object.values(manifest.exports ?? {}).some((entry) => entry.types);
  if (!typed) return;
  const { problems = [] } = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  for (const { kind, resolutionKind, ...where } of problems) {
    if (unasked.includes(resolutionKind)) continue;
    faults.push(`${name}: its types are wrong for those who import it: ${kind} ${JSON.stringify(where)}`);
  }
}

/**
 * Each package gets the dependencies that its manifest names, as installed for its sources, and no other: one that it
 * imports without naming it is not found. Our own packages come from the tarballs.
 */
function linkDependencies() {
  for (const { name, folder, dependencies = {}, peerDependencies = {} } of packages) {
    for (const dependency of Object.keys({ ...dependencies, ...peerDependencies })) {
      const installed = join(folder, "node_modules", dependency);
      if (dependency.startsWith("@cambium/") || !existsSync(installed)) continue;
      const link = join(modules, name, "node_modules", dependency);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(realpathSync(installed), link, "junction");
    }
  }
}

/** Imports every entry except conformance kits, which need a test runner. */
async function importEntries(name) {
  const { exports = {} } = manifestOf(join(modules, name));
  const entries = Object.keys(exports).filter((entry) => !/json$|conformance/.test(entry));
  for (const entry of entries) {
    const specifier = entry.replace(/^\./, name);
    const args = ["--input-type=module", "-e", `await import(${JSON.stringify(specifier)})`];
    if ((await run(process.execPath, args, { cwd: scratch })) !== 0) faults.push(`${specifier}: does not import`);
  }
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
