// The bytes of a new safetensors file, in order.
import { CambiumError } from "@cambium/ir";
import type { SafetensorsLayout } from "./layout.js";
import type { TensorSource } from "./source.js";

/**
 * Reads the sources one after another, in the order of the file. A chunk is valid until the next one.
 * @throws CambiumError `E_SHAPE` for a source whose number of bytes does not match its shape.
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
    throw new CambiumError("E_SHAPE", "a tensor's number of bytes does not match its shape", {
      where: `tensor ${source.name}`,
      expected: `${byteLength} bytes`,
      got: `${got} bytes`,
    });
  }
}
