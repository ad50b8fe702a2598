// TensorFlow's ops by name through tfjs-node's binding. Tensors of bfloat16 are handles of our own: tfjs does not know
// the dtype, so its engine can neither make nor count them.
import type { TensorInfo, TfDType, TfTensor } from "../tfjs.js";
import { activate, type Engine } from "./engine.js";

type NativeOps = Readonly<Record<string, number>> & {
  executeOp(
    name: string,
    attrs: readonly OpAttr[],
    inputs: readonly number[],
    outputs: number,
  ): { readonly id: number; readonly shape: number[]; readonly dtype: number }[];
};

export interface OpAttr {
  readonly name: string;
  readonly type: number | undefined;
  readonly value: unknown;
}

/** The part of tfjs-node's `NodeJSKernelBackend` that is used here. */
interface NodeBackend {
  readonly binding: NativeOps;
  readonly tensorMap: {
    set(dataId: object, info: { shape: number[]; dtype: number; id: number; values: null; refCount: number }): void;
  };
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  createOutputTensor(metadata: { readonly id: number; readonly shape: number[]; readonly dtype: number }): TfTensor;
  disposeData(dataId: object, force: boolean): boolean;
}

/** `DT_BFLOAT16` of TensorFlow's types.proto; the binding has no name for it. */
const bfloat16 = 14;

/** One op of TensorFlow. @throws Error with TensorFlow's own words. */
export function execute(
  engine: Engine,
  name: string,
  attrs: readonly OpAttr[],
  inputs: readonly TensorInfo[],
  outputs: number,
): readonly TfTensor[] {
  const backend = backendOf(engine);
  const made = backend.binding.executeOp(name, attrs, backend.getInputTensorIds(inputs), outputs);
  return made.map((one) => (one.dtype === bfloat16 ? handle(backend, one) : backend.createOutputTensor(one)));
}

/** A tensor with the values of `x` in another dtype; to bfloat16 they are rounded to nearest even. */
export function castTensor(engine: Engine, x: TensorInfo, to: TfDType): TfTensor {
  const attrs = [
    typeAttr(engine, "SrcT", x.dtype as TfDType),
    typeAttr(engine, "DstT", to),
    flagAttr(engine, "Truncate", false),
  ];
  return execute(engine, "Cast", attrs, [x], 1)[0] as TfTensor;
}

/**
 * Hands a new tensor's values to TensorFlow now, where tfjs would keep the array until an op reads the tensor. TensorFlow copies
 * them, unless they happen to lie at a multiple of 64 bytes: then it computes on the array itself.
 */
export function takeIn(engine: Engine, tensor: TensorInfo): void {
  backendOf(engine).getInputTensorIds([tensor]);
}

export function typeAttr(engine: Engine, name: string, dtype: TfDType): OpAttr {
  const { binding } = backendOf(engine);
  const types: Readonly<Record<TfDType, number | undefined>> = {
    float32: binding["TF_FLOAT"],
    int32: binding["TF_INT32"],
    bool: binding["TF_BOOL"],
    bfloat16,
  };
  return { name, type: binding["TF_ATTR_TYPE"], value: types[dtype] };
}

export function flagAttr(engine: Engine, name: string, value: boolean): OpAttr {
  return { name, type: backendOf(engine).binding["TF_ATTR_BOOL"], value };
}

export function realAttr(engine: Engine, name: string, value: number): OpAttr {
  return { name, type: backendOf(engine).binding["TF_ATTR_FLOAT"], value };
}

export function intAttr(engine: Engine, name: string, value: number): OpAttr {
  return { name, type: backendOf(engine).binding["TF_ATTR_INT"], value };
}

function handle(backend: NodeBackend, { id, shape, dtype }: ReturnType<NativeOps["executeOp"]>[number]): TfTensor {
  const dataId = {};
  backend.tensorMap.set(dataId, { shape, dtype, id, values: null, refCount: 1 });
  let alive = true;
  const dispose = () => {
    if (alive) backend.disposeData(dataId, true);
    alive = false;
  };
  return { dataId, shape, dtype: "bfloat16", dispose };
}

function backendOf(engine: Engine): NodeBackend {
  activate(engine);
  return engine.tf.engine().backend as unknown as NodeBackend;
}
