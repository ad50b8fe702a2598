// Writes docs/benchmarks.md: `cambium bench` in its default matrix on onnx, webgpu (on the software adapter SwiftShader)
// and tfjs (node, wasm), with the machine's name. Takes about 4 minutes on two quiet cores.
//
//   node tools/benchmarks.mjs [--from FILE]    FILE: a result that --out kept, instead of measuring
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOptions } from "./options.mjs";
import { run } from "./run.mjs";
import { root, setUp } from "./setup.mjs";

const command = "bench --backend onnx,webgpu,tfjs:engine=node,tfjs:engine=wasm";
const { from } = readOptions(import.meta.url, { from: undefined });
await setUp();
const { asMarkdown, benchTable, readBench } = await import("../packages/bench/dist/index.js");
const scratch = mkdtempSync(join(tmpdir(), "cambium-benchmarks-"));
try {
  const file = from ?? join(scratch, "bench.json");
  if (from === undefined) {
    const software = ["--import", "tsx", join(root, "tools", "browser", "src", "software.ts"), "swiftshader"];
    const cambium = ["node", join(root, "packages", "cli", "dist", "main.js"), ...command.split(" ")];
    const options = { cwd: root, stdio: ["ignore", "ignore", "inherit"] };
    process.exitCode = await run(process.execPath, [...software, ...cambium, "--out", file], options);
  }
  if (existsSync(file)) {
    const document = readBench(JSON.parse(readFileSync(file, "utf8")));
    if (!document) throw new Error(`${file} is not a result of cambium bench`);
    writeFileSync(join(root, "docs", "benchmarks.md"), page(document));
  } else process.exitCode ||= 1;
} finally {
  rmSync(scratch, { recursive: true });
}

function page(document) {
  const { commit, cpu, cores } = document.environment;
  const meanings = benchTable(document).columns.filter(({ about }) => about !== undefined);
  return `# Benchmarks on ${cpu}, ${cores} cores

Made by \`node tools/benchmarks.mjs\` from \`cambium ${command}\`${commit === null ? "" : ` at commit ${commit}`}.
How it is measured, and what a row says, is in [packages/bench](../packages/bench/README.md).

${asMarkdown(document)}

${meanings.map(({ head, about }) => `- **${head}**: ${about}`).join("\n")}
`;
}
