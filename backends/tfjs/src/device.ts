// The device: for now the reference device under another name. Replace it method by method; the tests hold throughout.
import type { Device } from "@cambium/backend";
import { version } from "../package.json";

/** `checkLimits`, `validateInputs` and `TensorLedger` of `@cambium/backend` do what every device must do alike. */
export function tfjsDevice(reference: Device): Device {
  return {
    info: { ...reference.info, backend: "tfjs", version },
    compile: (graph) => reference.compile(graph),
    upload: (host) => reference.upload(host),
    download: (tensor) => reference.download(tensor),
    memory: () => reference.memory(),
    close: () => reference.close(),
    [Symbol.asyncDispose]: () => reference.close(),
  };
}
