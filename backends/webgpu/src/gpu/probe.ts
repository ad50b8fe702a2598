// What WebGPU offers on this machine, for `cambium doctor`.
import type { DeviceInfo, ProbeResult } from "@cambium/backend";
import { CambiumError, type DType } from "@cambium/ir";
import { adapterInfo, adapterNames, noAdapterHint } from "./adapter.js";
import { type GpuSource, gpuSource } from "./source.js";

const mebibyte = 2 ** 20;

/** What a GPU computes, which is all that it accepts. */
export function gpuDtypes(features: Pick<GPUSupportedFeatures, "has">): Pick<DeviceInfo, "accepts" | "computes"> {
  const computes: readonly DType[] = ["f32", "i32", "bool", ...(features.has("shader-f16") ? (["f16"] as const) : [])];
  return { accepts: computes, computes };
}

/** See `Backend.probe`. */
export async function probe(load?: () => Promise<unknown>): Promise<readonly ProbeResult[]> {
  try {
    const source = await gpuSource(load);
    const names = await adapterNames(source);
    const fix = noAdapterHint();
    if (names.length === 0)
      return [
        {
          device: "gpu",
          available: false,
          detail: `${source.name} finds no adapter: there is no driver, or none that it accepts`,
          fix,
        },
      ];
    return await Promise.all(names.map((name) => describe(source, name)));
  } catch (error) {
    const { message, details } = error instanceof CambiumError ? error : new CambiumError("", String(error));
    const detail = details.got === undefined ? message : `${message}: ${details.got}`;
    return [{ device: "gpu", available: false, detail, fix: details.hint ?? noAdapterHint() }];
  }
}

async function describe(source: GpuSource, name: string): Promise<ProbeResult> {
  const adapter = await source.instance(source.listsAdapters ? name : undefined).requestAdapter();
  if (!adapter) {
    const detail = `${source.name} lists the adapter but does not open it`;
    return { device: name, available: false, detail, fix: noAdapterHint() };
  }
  const { vendor, architecture, isFallback, subgroupSizes } = adapterInfo(adapter);
  const { limits, features } = adapter;
  const size = (bytes: number) => `${Math.floor(bytes / mebibyte)} MiB`;
  return {
    device: name,
    available: true,
    computes: gpuDtypes(features).computes,
    detail: [
      `${source.name}; ${[vendor, architecture].filter(Boolean).join(" ") || "vendor unknown"}`,
      ...(isFallback ? ["software: a CPU stands in for a GPU"] : []),
      `buffers to ${size(limits.maxBufferSize)}, bound to ${size(limits.maxStorageBufferBindingSize)}`,
      `workgroups of ${limits.maxComputeInvocationsPerWorkgroup} with ${limits.maxComputeWorkgroupStorageSize} bytes`,
      features.has("subgroups") ? `subgroups of ${subgroupSizes.join(" to ")}` : "no subgroups",
      features.has("shader-f16") ? "f16" : "no f16",
      features.has("timestamp-query") ? "timestamps" : "no timestamps: no profile",
    ].join("; "),
  };
}
