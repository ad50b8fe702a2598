// The device over one engine of tfjs. The engine outlives the device: tfjs has one per process.
import { type Device, type DeviceInfo, deviceShell } from "@cambium/backend";
import type { Engine } from "../engines/engine.js";
import type { TfTensor } from "../tfjs.js";
import { download, upload } from "./edge.js";
import { engineError } from "./errors.js";
import { buildGraph } from "./executable.js";

/** @param profiling whether to record time by op type */
export function tfjsDevice(info: DeviceInfo, engine: Engine, profiling: boolean): Device {
  let before: Promise<unknown> = Promise.resolve();
  /** One run after the other: one that overwrites its inputs would change what another reads. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = before.then(work);
    before = mine.catch(() => {});
    return mine;
  };
  return deviceShell<TfTensor>({
    info,
    store: (host) => upload(engine, host),
    load: (tensor, type) => download(engine, tensor, type),
    free: (tensor) => tensor.dispose(),
    build: (graph) => buildGraph(engine, graph, profiling, inTurn),
    explain: (error) => engineError(engine, error),
  });
}
