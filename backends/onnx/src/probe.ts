// The providers that ONNX Runtime lists on this machine.
import { availableParallelism, cpus } from "node:os";
import type { ProbeResult } from "@cambium/backend";
import { computes } from "./edge.js";

/** The providers that ONNX Runtime lists; whether the bundled ones compute here is not known. */
export async function providers(): Promise<readonly ProbeResult[]> {
  let runtime: typeof import("onnxruntime-node");
  try {
    runtime = await import("onnxruntime-node");
  } catch (error) {
    const detail = `onnxruntime-node does not load: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
    return [
      {
        device: "cpu",
        available: false,
        detail,
        fix: "ONNXRUNTIME_NODE_INSTALL=skip npm install @cambium/backend-onnx",
      },
    ];
  }
  const version = `onnxruntime-node ${runtime.env.versions.node ?? "of unknown version"}`;
  return runtime.listSupportedBackends().map(({ name, bundled }): ProbeResult => {
    if (name === "cpu") {
      const model = cpus()[0]?.model.trim() ?? "unknown processor";
      const detail = `${version}; ${model}, ${availableParallelism()} cores`;
      return { device: name, available: true, detail, computes };
    }
    if (bundled) {
      const detail = `${version}; comes with the package`;
      return { device: name, available: true, detail, computes };
    }
    return {
      device: name,
      available: false,
      detail: `${version} knows ${name}, but its libraries are a separate download`,
      fix: "npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12",
    };
  });
}
