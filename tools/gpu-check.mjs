// `node tools/gpu-check.mjs`: WebGPU on this machine's GPU in under 8 minutes: conformance, products and attention as a
// share of the card's peak, training steps in f32 and mixed, CUDA through onnx and tfjs where these are there. Writes one
// JSON (`--out FILE`). `--small` is a trial on any adapter, `--adapter NAME` picks one, `--seconds N` ends it earlier.
//
// For a machine with a GPU, no network and no Node: `--pack FILE.tar.xz` writes an archive of 30 MB that holds Node, the
// check in one file, WebGPU's library and a Vulkan loader. There: `tar xf FILE.tar.xz && ./gpu-check/run --out gpu.json`.
// Without xz there, name it FILE.tar.gz. The file's `drivers` say what is missing if no device is found: a container
// needs the driver's graphics libraries (NVIDIA_DRIVER_CAPABILITIES=all).
import { join } from "node:path";
import { run } from "./run.mjs";
import { root, setUp } from "./setup.mjs";

const args = process.argv.slice(2);
await setUp();
const source = ["--conditions=@cambium/source", "--expose-gc", "--import", "tsx"];
const script = args[0] === "--pack" ? "pack.ts" : "main.ts";
const rest = args[0] === "--pack" ? args.slice(1) : args;
process.exitCode = await run(process.execPath, [...source, join(root, "tools", "gpu-check", script), ...rest]);
