// The part of TensorFlow.js that this backend uses, as interfaces instead of imports: which copy runs is decided at run
// time, and users may hand in their own.

/** Element types in which tensors of our dtypes are held. `bfloat16` is TensorFlow's alone: tfjs itself does not know it. */
export type TfDType = "float32" | "int32" | "bool" | "bfloat16";

export type TfData = Float32Array | Int32Array | Uint8Array;

/** An argument of a kernel: data of the active tfjs backend, read with a shape. */
export interface TensorInfo {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: string;
}

/** A result of a kernel. The engine counts it until it is disposed. */
export interface TfTensor extends TensorInfo {
  dispose(): void;
}

export type KernelInputs = Readonly<Record<string, TensorInfo>> | readonly TensorInfo[];

export interface TfKernelBackend {
  read(dataId: object): Promise<unknown>;
  refCount(dataId: object): number;
}

export interface TfEngine {
  backendName: string;
  readonly backend: TfKernelBackend;
  runKernel(name: string, inputs: KernelInputs, attrs?: object): unknown;
  makeTensor(values: TfData, shape: number[], dtype: Exclude<TfDType, "bfloat16">): TfTensor;
  memory(): { readonly numTensors: number; readonly numBytes: number };
}

/** TensorFlow.js: `import * as tf from "@tensorflow/tfjs-core"`, or any package that re-exports it. */
export interface Tfjs {
  readonly version_core: string;
  engine(): TfEngine;
  getBackend(): string;
  setBackend(name: string): Promise<boolean>;
  getKernel(name: string, backend: string): unknown;
  ready(): Promise<void>;
}
