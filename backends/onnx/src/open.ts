// Opens the device: starts the worker and reports what will really compute.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { BackendOptions, Device, DeviceInfo } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { WorkerClient } from "./device/client.js";
import { onnxDevice } from "./device/device.js";
import { computes } from "./edge.js";
import { matched } from "./fuse/fuse.js";
import { loweredComposites } from "./lower/index.js";
import { type OpenOptions, openOptions } from "./options.js";
import { providers } from "./probe.js";

/** The built worker. The path holds from `src` and from `dist`. */
const workerScript = new URL("../dist/worker.js", import.meta.url);

/** What a 32-bit WebAssembly memory can address. Larger state consists of many tensors; a single one may not be larger. */
const maxTensorBytes = 2 ** 32 - 2 ** 24;

/** See `Backend.open`. */
export async function open(given: BackendOptions = {}): Promise<Device> {
  const options = openOptions(given, availableParallelism());
  await mustBeAvailable(options.provider);
  if (!existsSync(workerScript)) {
    throw new CambiumError("E_BACKEND_UNAVAILABLE", "the onnx backend is not built", {
      where: fileURLToPath(workerScript),
      hint: "npm run bundle",
    });
  }
  const client = new WorkerClient(workerScript);
  try {
    const { version } = await client.call("open", options);
    return onnxDevice(deviceInfo(options, version), client, options);
  } catch (error) {
    await client.terminate();
    throw error;
  }
}

async function mustBeAvailable(provider: string): Promise<void> {
  const found = await providers();
  const wanted = found.find(({ device }) => device === provider);
  if (wanted?.available) return;
  throw new CambiumError("E_BACKEND_UNAVAILABLE", `the onnx backend cannot run on "${provider}" here`, {
    expected:
      found.flatMap(({ device, available }) => (available ? [device] : [])).join(", ") || "no provider is available",
    got: wanted?.detail ?? "ONNX Runtime has no such provider on this platform",
    hint: wanted?.fix ?? "--backend-option provider=cpu",
  });
}

function deviceInfo({ provider, threads }: OpenOptions, version: string): DeviceInfo {
  return {
    backend: "onnx",
    version: `onnxruntime-node ${version}`,
    device: provider === "cpu" ? "cpu" : `${provider}; what it has no kernel for on cpu`,
    // Threads share out the rows of a result, never a sum: threads.test.ts compares the bits.
    settings: `${threads} ${threads === 1 ? "thread" : "threads"}`,
    accepts: ["f32", "i32", "bool", "f16", "bf16"],
    computes,
    composites: [...loweredComposites, ...matched, "clipByGlobalNorm", "adamw"],
    limits: { maxTensorBytes },
  };
}
