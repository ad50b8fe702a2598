// Uploads: in pieces through one buffer that goes back and forth, because a copy of a whole state would stay in memory
// until its garbage is collected.
import type { HostData, HostTensor } from "@cambium/ir";
import type { TensorId } from "../protocol.js";
import type { Engine } from "./engine.js";

const stagingBytes = 2 ** 20;

type HostDataConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => HostData;

/** Copies host tensors to the worker. */
export function uploader({ client, newTensor }: Engine): (host: HostTensor) => Promise<TensorId> {
  /** The buffer of uploads while none is under way. */
  let staging: ArrayBuffer | undefined;
  return async ({ dtype, shape, data }) => {
    const tensor = newTensor();
    let buffer = staging ?? new ArrayBuffer(stagingBytes);
    staging = undefined;
    const most = stagingBytes / data.BYTES_PER_ELEMENT;
    try {
      for (let at = 0; at === 0 || at < data.length; at += most) {
        const part = data.subarray(at, at + most);
        const piece = new (data.constructor as HostDataConstructor)(buffer, 0, part.length);
        piece.set(part);
        const sent = { tensor, type: { dtype, shape }, at, piece };
        buffer = (await client.call("upload", sent, [buffer])).buffer as ArrayBuffer;
      }
    } catch (error) {
      client.notify({ free: tensor });
      throw error;
    }
    staging = buffer;
    return tensor;
  };
}
