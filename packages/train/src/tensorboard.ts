// TensorBoard event records: TFRecord framing around Event protos, enough for scalars.
// Formats: tensorflow/core/lib/io/record_writer.h (framing, masked CRC-32C) and core/util/event.proto (fields).

/** First record of an event file; `seconds` since the epoch. */
export function fileVersionRecord(seconds: number): Uint8Array {
  return record(concat(double(1, seconds), bytes(3, text("brain.Event:2"))));
}

/** One record with the values of `scalars` at `step`. */
export function scalarsRecord(step: number, seconds: number, scalars: Readonly<Record<string, number>>): Uint8Array {
  const summary = Object.entries(scalars).map(([tag, value]) => bytes(1, concat(bytes(1, text(tag)), float(2, value))));
  return record(concat(double(1, seconds), tagged(2, 0), varint(step), bytes(5, concat(...summary))));
}

function record(data: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, data.length, true);
  return concat(length, maskedCrc(length), data, maskedCrc(data));
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return Uint8Array.from([...out, rest]);
}

function tagged(field: number, wireType: number): Uint8Array {
  return varint(field * 8 + wireType);
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return concat(tagged(field, 2), varint(value.length), value);
}

function double(field: number, value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setFloat64(0, value, true);
  return concat(tagged(field, 1), out);
}

function float(field: number, value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setFloat32(0, value, true);
  return concat(tagged(field, 5), out);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

function maskedCrc(data: Uint8Array): Uint8Array {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crcTable[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  crc = ~crc >>> 0;
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, masked, true);
  return out;
}
