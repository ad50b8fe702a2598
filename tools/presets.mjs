// Writes the package of every preset in operators/presets.mjs; `--check` only compares. Run with tsx on the sources:
// the layers in a README come from the operator itself.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { presets } from "../operators/presets.mjs";
import { connectionRate, layerMap, presetOperator } from "../packages/growth/src/index.ts";
import { llama, modelSpec } from "../packages/model/src/index.ts";
import { packageFiles, render } from "../packages/plugin/src/node/index.ts";
import { withOrigin } from "./manifests.mjs";
import { root } from "./setup.mjs";

const template = fileURLToPath(new URL("templates/preset/", import.meta.url));
const kept = {
  exact: "is kept exactly",
  "exact-if-eps-scaled": "is kept exactly, since eps is scaled too",
  "at-mask-0": "is kept while the masks are shut",
  no: "is not kept",
};

const check = process.argv.includes("--check");
const stale = [];

for (const [name, preset] of Object.entries(presets)) {
  const folder = join(root, "operators", name);
  for (const [path, text] of Object.entries(await filesOf(name, preset))) {
    const file = join(folder, path);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    stale.push(`operators/${name}/${path}`);
    if (check) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
for (const path of stale) console.log(check ? `out of date: ${path}` : `wrote ${path}`);
if (check && stale.length > 0) {
  console.error('presets are out of date: run "npm run generate"');
  process.exitCode = 1;
}

/** The files of a preset's package, text by path. The version is kept, since releases raise it. */
async function filesOf(name, { of, options, summary, about }) {
  const values = {
    ...{ package: `@cambium/operator-${name}`, kebab: name, of, summary, about },
    ...{ options: literal(options), fixed: listed(options), ...(await growthOf(of, options)) },
  };
  const needs = { "@cambium/growth": "workspace:*", [`@cambium/operator-${of}`]: "workspace:*" };
  const description = `${summary[0].toUpperCase()}${summary.slice(1)}.`;
  const files = packageFiles("inside", { package: values.package, kind: "operator", description, needs });
  const manifest = files["package.json"].replace(/"version": ".*?"/, `"version": "${versionOf(name)}"`);
  return { ...render(template, values), ...files, "package.json": withOrigin(manifest, `operators/${name}`) };
}

function versionOf(name) {
  const path = join(root, "operators", name, "package.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : "0.1.0";
}

/** Options as source text. */
function literal(options) {
  const entries = Object.entries(options).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `{ ${entries.join(", ")} }`;
}

/** Options as written on the command line. */
function listed(options) {
  return Object.entries(options)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

/**
 * For a README: what becomes of the function and, for a growth in depth, the layers made of 6 by the default options.
 */
async function growthOf(of, options) {
  const { default: operator } = await import(`../operators/${of}/src/index.ts`);
  const preset = presetOperator({ name: "preset", version: "0.0.0", summary: "-", of: operator, options });
  const sizes = { vocab: 19, hidden: 8, intermediate: 14, heads: 2, contextLength: 32 };
  const base = modelSpec(llama, { ...sizes, layers: 6 });
  let plan;
  try {
    plan = preset.plan(base);
  } catch {
    // It needs options to grow anything.
    return { keeps: kept[preset.claims.functionPreserving], layers: "" };
  }
  return { keeps: kept[plan.claims.functionPreserving], layers: layersOf(plan) };
}

function layersOf(plan) {
  const map = layerMap(plan);
  if (map.length === 6 || map.includes(null)) return "";
  const { numerator, denominator } = connectionRate(map);
  const layers = map.map((layer) => layer + 1).join(" ");
  return `\n\`\`\`\n${layers}        (6 → ${map.length} layers, R_c ${numerator}/${denominator})\n\`\`\`\n`;
}
