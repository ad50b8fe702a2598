// The device as the main thread sees it: the worker holds the tensors and computes.
import { type Device, type DeviceInfo, deviceShell } from "@cambium/backend";
import { CambiumError, type HostTensor } from "@cambium/ir";
import type { OpenOptions } from "../options.js";
import type { TensorId } from "../protocol.js";
import type { WorkerClient } from "./client.js";
import { engineOver } from "./engine.js";
import { buildGraph } from "./executable.js";
import { uploader } from "./upload.js";

export function onnxDevice(info: DeviceInfo, client: WorkerClient, options: OpenOptions): Device {
  const engine = engineOver(client, options);
  return deviceShell<TensorId>({
    info,
    store: uploader(engine),
    load: async (tensor, type) => ({ ...type, data: await client.call("download", { tensor }) }) as HostTensor,
    free: (tensor) => client.notify({ free: tensor }),
    build: (graph, fixed) => buildGraph(engine, graph, fixed),
    close: () => closeWorker(client),
  });
}

async function closeWorker(client: WorkerClient): Promise<void> {
  try {
    await client.call("close", undefined);
  } catch (error) {
    // A lost device needs no closing.
    if (!(error instanceof CambiumError && error.code === "E_DEVICE_LOST")) throw error;
  } finally {
    await client.terminate();
  }
}
