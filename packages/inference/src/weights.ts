// A model's weights on a device, as inputs of its graphs.
import type { Device, DeviceTensor } from "@cambium/backend";
import { CambiumError, decodeHalf, type HostTensor, hostTensor, isHalf } from "@cambium/ir";
import { type ModelSpec, parameterTable, unfitTensors } from "@cambium/model";

/** Parameters by Hugging Face name, in host memory or on a device. */
export type Weights = Readonly<Record<string, DeviceTensor | HostTensor>>;

export interface DeviceWeights {
  readonly weights: Readonly<Record<string, DeviceTensor>>;
  /** The weights uploaded by this call, which the caller must dispose. */
  readonly uploaded: readonly DeviceTensor[];
}

/**
 * Uploads the parameters that are not on the device yet, f16 and bf16 as f32.
 * @throws CambiumError `E_PARAMETERS` with every parameter that is missing or has another shape; nothing is left on the
 * device then
 */
export async function deviceWeights(device: Device, model: ModelSpec, given: Weights): Promise<DeviceWeights> {
  const names = parameterTable(model).map(({ name }) => name);
  const shapes = Object.entries(given).map(
    ([name, tensor]) => [name, "data" in tensor ? tensor : tensor.type] as const,
  );
  const reasons = unfitTensors(model, new Map(shapes));
  if (reasons.length > 0) throw new CambiumError("E_PARAMETERS", "these are not the model's parameters", { reasons });
  const uploaded: DeviceTensor[] = [];
  const weights: Record<string, DeviceTensor> = {};
  try {
    for (const name of names) {
      const tensor = given[name] as DeviceTensor | HostTensor;
      if ("data" in tensor) uploaded.push(await device.upload(asF32(tensor)));
      weights[name] = "data" in tensor ? (uploaded.at(-1) as DeviceTensor) : tensor;
    }
  } catch (error) {
    for (const tensor of uploaded) tensor.dispose();
    throw error;
  }
  return { weights, uploaded };
}

function asF32(tensor: HostTensor): HostTensor {
  const { dtype, shape, data } = tensor;
  return isHalf(dtype) ? hostTensor("f32", shape, decodeHalf(dtype, data)) : tensor;
}
