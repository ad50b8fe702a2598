// What kernels may depend on in a device: kernels for GPUs and for software adapters differ.

export interface DeviceTraits {
  /**
   * `cpu`: a software adapter (SwiftShader, lavapipe, WARP), where workgroup memory and barriers cost more than they
   * save.
   */
  readonly kind: "gpu" | "cpu";
  readonly subgroups: boolean;
  /**
   * How many neighbouring invocations of a workgroup may exchange values by shuffles: a power of two. Neighbours by
   * number are then neighbours in the subgroup. 0 if kernels cannot rely on that: WGSL does not promise it, so
   * `gpu/subgroups.ts` tests it on the device.
   */
  readonly subgroupSize: number;
  readonly maxInvocations: number;
  readonly maxWorkgroupBytes: number;
  readonly maxStorageBuffers: number;
  /** Largest range of one binding, bytes; larger values are bound in parts. */
  readonly maxBindingBytes: number;
  /**
   * The kind of buffer from which kernels read `KernelIo.number`. `storage` if the driver rebuilds a kernel whenever
   * the contents of a uniform buffer change.
   */
  readonly numbers: "uniform" | "storage";
}

/**
 * Values above the binding limit are bound in parts; a part is a multiple of this many bytes, so that it is aligned on
 * every device.
 */
export const bindingUnit = 1024;
