// Where the worker keeps tensors: one flat WebAssembly memory that ONNX Runtime and the WASM kernels share without
// copies, and plain buffers for what no longer fits in it.
import { CambiumError, formatType, type HostData, numel, type TensorType } from "@cambium/ir";
import { Tensor } from "onnxruntime-node";
import { heldAs, heldBytes } from "../edge.js";
import { Allocator } from "./allocator.js";

/** One tensor's storage. */
export interface Block {
  readonly type: TensorType;
  /** As held: f16 and bf16 as f32. A view of the flat memory, or an array of its own. */
  readonly data: HostData;
  /** Address in the flat memory; null outside it. */
  readonly address: number | null;
  /** The same memory as ONNX Runtime takes it. */
  readonly tensor: Tensor;
}

const pageBytes = 65536;
/** A 32-bit WebAssembly memory ends here; pages are committed as they are first written. */
const mostPages = 65536;
const leastPages = 1024;

export class FlatMemory {
  readonly memory: WebAssembly.Memory;
  readonly #allocator: Allocator;

  constructor() {
    this.memory = largestMemory();
    // The first page belongs to the kernels' own statics.
    this.#allocator = new Allocator(pageBytes, this.memory.buffer.byteLength);
  }

  /** @throws CambiumError `E_OUT_OF_MEMORY`. */
  allocate(type: TensorType): Block {
    const make = arrays[heldAs[type.dtype]];
    const length = numel(type.shape);
    const address = this.#allocator.allocate(heldBytes(type));
    let data: HostData;
    try {
      data = address === null ? new make(length) : new make(this.memory.buffer, address, length);
    } catch (cause) {
      throw new CambiumError("E_OUT_OF_MEMORY", `no memory for a tensor ${formatType(type)}`, {
        got: `${heldBytes(type)} bytes asked for`,
        cause,
      });
    }
    return { type, data, address, tensor: ortTensor(type, data) };
  }

  /** A block with a copy of `data`, which is in the dtype that the device holds. */
  store(type: TensorType, data: HostData): Block {
    const block = this.allocate(type);
    block.data.set(data);
    return block;
  }

  free({ address }: Block): void {
    if (address !== null) this.#allocator.free(address);
  }

  /** Address of untyped memory that is never freed. @throws CambiumError `E_OUT_OF_MEMORY`. */
  reserve(bytes: number): number {
    const address = this.#allocator.allocate(bytes);
    if (address === null)
      throw new CambiumError("E_OUT_OF_MEMORY", "no memory left to reserve", { got: `${bytes} bytes asked for` });
    return address;
  }
}

const arrays = { f32: Float32Array, i32: Int32Array, bool: Uint8Array };
const ortTypes = { f32: "float32", i32: "int32", bool: "bool" } as const;

function ortTensor({ dtype, shape }: TensorType, data: HostData): Tensor {
  return new Tensor(ortTypes[heldAs[dtype]], data as Float32Array, [...shape]) as Tensor;
}

/** Address space may be limited (containers, ulimit -v), so this halves the size until it fits. */
function largestMemory(): WebAssembly.Memory {
  for (let pages = mostPages; ; pages /= 2) {
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages });
    } catch (cause) {
      if (pages <= leastPages) {
        throw new CambiumError("E_OUT_OF_MEMORY", "no address space for the tensors' memory", {
          expected: `${(leastPages * pageBytes) / 2 ** 20} MiB`,
          hint: "raise the limit on virtual memory (ulimit -v)",
          cause,
        });
      }
    }
  }
}
