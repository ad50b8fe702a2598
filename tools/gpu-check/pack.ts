// Packs the check for a machine that has a GPU and nothing else: Node itself, one bundled script, Dawn, a Vulkan loader.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { environmentOf } from "../../packages/bench/src/node/environment.js";
import { bundleForNode, swiftShader } from "../browser/src/index.js";

const [target = ""] = process.argv.slice(2);
if (!/\.tar\.(xz|gz)$/.test(target)) throw new Error("usage: node tools/gpu-check.mjs --pack FILE.tar.xz");
const scratch = mkdtempSync(join(tmpdir(), "cambium-gpu-check-"));
const folder = join(scratch, "gpu-check");
mkdirSync(folder);
const here = import.meta.dirname;
const external = ["webgpu", "onnxruntime-node", "@tensorflow/*"];
await bundleForNode(join(here, "main.ts"), join(folder, "gpu-check.mjs"), external);
const webgpu = dirname(createRequire(join(here, "../../backends/webgpu/package.json")).resolve("webgpu/package.json"));
const library = join("dist", `${process.platform}-${process.arch}`);
for (const part of ["package.json", "index.js", library])
  cpSync(join(webgpu, part), join(folder, "node_modules/webgpu", part), { recursive: true, dereference: true });
cpSync(join((await swiftShader()).folder, "libvulkan.so.1"), join(folder, "libvulkan.so.1"), { dereference: true });
writeFileSync(join(folder, "commit"), environmentOf([], null, 0).commit ?? "unknown");
cpSync(process.execPath, join(folder, "node"), { dereference: true });
writeFileSync(
  join(folder, "run"),
  '#!/bin/sh\nd=$(dirname "$0")\nexec "$d/node" --expose-gc "$d/gpu-check.mjs" "$@"\n',
  { mode: 0o755 },
);
execFileSync("tar", ["-C", scratch, "-caf", resolve(target), "gpu-check"], { stdio: "inherit" });
rmSync(scratch, { recursive: true });
console.error(`${target}: tar xf it there, then ./gpu-check/run --out gpu.json`);
