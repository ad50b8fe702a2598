// Safetensors files made by hand, to say what no writer would.

/** A file whose header is `header` as it stands. */
export function rawFile(header: string | Uint8Array, dataBytes = 0): Buffer {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}
