// Initial parameters from counter-based random numbers: a tensor's numbers depend only on (seed, name, shape, scheme).
import { type HostTensor, highest, hostTensor, numel, Random } from "@cambium/ir";
import type { InitScheme, ModelSpec } from "./family.js";
import { parameterTable } from "./model-spec.js";
import type { ParameterSpec } from "./parameters.js";

export interface InitOptions {
  readonly seed: string;
  readonly scheme: InitScheme;
}

/** One parameter's initial value, f32. */
function initParameter(
  { family, config }: ModelSpec,
  spec: ParameterSpec,
  { seed, scheme }: InitOptions,
  data = new Float32Array(numel(spec.shape)),
): HostTensor<"f32"> {
  if (spec.neutral !== undefined) return hostTensor("f32", spec.shape, data.fill(spec.neutral));
  const std = family.std(config, spec, scheme);
  const random = new Random(`${seed}/init/${spec.name}`);
  for (let i = 0; i < data.length; i++) data[i] = std * random.normal(i);
  return hostTensor("f32", spec.shape, data);
}

/** All parameters by name, f32, in the order of the table. */
export function initParameters(model: ModelSpec, options: InitOptions): Record<string, HostTensor<"f32">> {
  return Object.fromEntries(parameterTable(model).map((spec) => [spec.name, initParameter(model, spec, options)]));
}

/** The same one at a time, in memory of the largest one's size: a tensor is overwritten when the next is asked for. */
export function* initialParameters(
  model: ModelSpec,
  options: InitOptions,
): Generator<readonly [name: string, tensor: HostTensor<"f32">]> {
  const table = parameterTable(model);
  const room = new Float32Array(highest(table.map(({ shape }) => numel(shape))));
  for (const spec of table) {
    yield [spec.name, initParameter(model, spec, options, room.subarray(0, numel(spec.shape)))];
  }
}
