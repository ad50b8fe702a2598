// The bytes of a safetensors file from its first to its last.
import { CambiumError } from "@cambium/ir";
import type { SafetensorsLayout } from "./layout.js";
import type { TensorSource } from "./source.js";

/**
 * Sources are asked for their bytes one after another, in the order of the file. A chunk is valid until the next.
 * @throws CambiumError `E_SHAPE` for a source that gives another number of bytes than its shape says
 */
export async function* safetensorsChunks(layout: SafetensorsLayout<TensorSource>): AsyncGenerator<Uint8Array> {
  yield layout.head;
  for (const { source, byteLength } of layout.tensors) {
    let got = 0;
    for await (const chunk of source.chunks()) {
      got += chunk.length;
      yield chunk;
    }
    if (got === byteLength) continue;
    throw new CambiumError("E_SHAPE", "a tensor gave another number of bytes than its shape says", {
      where: `tensor ${source.name}`,
      expected: `${byteLength} bytes`,
      got: `${got} bytes`,
    });
  }
}
