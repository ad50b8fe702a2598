// Sets of named tensors on a device, uploaded and freed together.
import type { Device, DeviceTensor } from "@cambium/backend";
import { type HostTensor, hostTensor, numel } from "@cambium/ir";
import { type DeviceTrainingState, stateNames, type TrainingState } from "@cambium/model";
import { flattenState } from "./state.js";

/** Device tensors by their names in a step graph. */
export type DeviceState = Readonly<Record<string, DeviceTensor>>;

/** Copies every tensor to the device, one at a time. If one fails, all are freed again. */
export async function uploadAll(
  device: Device,
  tensors: Iterable<readonly [name: string, tensor: HostTensor]>,
): Promise<DeviceState> {
  const uploaded: Record<string, DeviceTensor> = {};
  try {
    for (const [name, tensor] of tensors) uploaded[name] = await device.upload(tensor);
    return uploaded;
  } catch (error) {
    disposeAll(uploaded);
    throw error;
  }
}

/** Frees every tensor of a set. */
export function disposeAll(tensors: DeviceState): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

/** Copies a training state to the device. The caller owns it, e.g. to grow it there. */
export async function uploadState(device: Device, state: TrainingState): Promise<DeviceTrainingState> {
  const { updates, lossScale } = state;
  const tensors = await uploadAll(device, Object.entries(flattenState(state)));
  return { updates, tensors, ...(lossScale && { lossScale }) };
}

/**
 * `parameters` with zero moments on the device, as `freshState` on the host, which it spares a copy of all of them: each
 * may be overwritten when the next is asked for. The caller owns the state.
 */
export async function uploadFresh(
  device: Device,
  parameters: Iterable<readonly [name: string, tensor: HostTensor]>,
): Promise<DeviceTrainingState> {
  let zeros = new Float32Array(0);
  const tensors = function* (): Generator<readonly [string, HostTensor]> {
    for (const [name, tensor] of parameters) {
      const { shape } = tensor;
      const length = numel(shape);
      yield [name, tensor];
      if (length > zeros.length) zeros = new Float32Array(length);
      const moment = hostTensor("f32", shape, zeros.subarray(0, length));
      yield [stateNames.m(name), moment];
      yield [stateNames.v(name), moment];
    }
  };
  return { updates: 0, tensors: await uploadAll(device, tensors()) };
}
