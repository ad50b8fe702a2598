// Float tensors stored in another dtype than the source's, on request.

import { type ModelDirectory, STORED_AS } from "@cambium/checkpoint";
import { CambiumError, type Mistakes } from "@cambium/ir";
import type { FloatDType } from "@cambium/model";
import { quantisations } from "./config.js";
import { editJson, put } from "./json-edit.js";
import type { TargetTensor } from "./target.js";

const FLOATS: readonly string[] = ["F32", "F16", "BF16"];

const configNames: Record<FloatDType, string> = { f32: "float32", f16: "float16", bf16: "bfloat16" };

/**
 * `tensors` with every F32, F16 and BF16 one stored as `dtype`; others stay. Notes `E_GROWTH_REFUSED` for a quantised
 * checkpoint, whose scales belong to its packed tensors. A value that half precision cannot hold is refused (`E_RANGE`)
 * when it is computed.
 */
export function castTensors(
  source: ModelDirectory,
  tensors: readonly TargetTensor[],
  dtype: FloatDType,
  mistakes: Mistakes,
): TargetTensor[] {
  const { configJson, path } = source;
  if (quantisations(configJson).length > 0) {
    const message = "a quantised checkpoint keeps its types";
    mistakes.add(new CambiumError("E_GROWTH_REFUSED", message, { where: path, hint: "leave out the dtype" }));
  }
  const wanted = STORED_AS[dtype];
  return tensors.map((tensor) => {
    const { name, shape, sources, copyOf } = tensor;
    if (tensor.dtype === wanted || !FLOATS.includes(tensor.dtype) || shape.length === 0) return tensor;
    const typed = tensor.made?.typed ?? {
      kind: "source",
      name: copyOf as string,
      shape,
      labels: shape.map(() => null),
    };
    const readAs = tensor.made?.readAs;
    return { name, dtype: wanted, shape, sources, made: { name, dtype: wanted, shape, typed, readAs, sources } };
  });
}

/** config.json with the dtype of its weights changed, if it states one. */
export function castConfig(text: string, dtype: FloatDType): string {
  const paths = [[], ["text_config"]].flatMap((part) => ["torch_dtype", "dtype"].map((key) => [...part, key]));
  return editJson(
    text,
    paths.map((path) => put(path, configNames[dtype])),
  );
}
