// Event records against TensorBoard's own: golden/events.py wrote the file with its protos and its record writer.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fileVersionRecord, scalarsRecord } from "../src/index.js";

const time = 1700000000.25;

/** As in golden/events.py. */
const rows: [step: number, scalars: Record<string, number>][] = [
  [1, { "loss/train": 5.545177459716797, lr: 1e-4 }],
  [127, { "loss/train": 4.25 }],
  [128, { "loss/train": 0, "loss/held-out": -0, gradNorm: 1e30 }],
  [1_000_000, { "größe/日本": 0.1 }],
  [2 ** 53 - 1, Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`tag${i}`, i / 3]))],
  [2, {}],
];

it("writes the bytes that TensorBoard writes", () => {
  const golden = readFileSync(new URL("golden/events.tfevents", import.meta.url));
  const records = [
    fileVersionRecord(time),
    ...rows.map(([step, scalars], i) => scalarsRecord(step, time + i, scalars)),
  ];
  expect(Buffer.concat(records).toString("hex")).toBe(golden.toString("hex"));
});

it("frames a record by its length and two masked checksums", () => {
  // CRC-32C("123456789") is e3069283 by RFC 3720; masked as record_writer.h does it, (crc >>> 15 | crc << 17) + a282ead8.
  const record = Buffer.from(scalarsRecord(3, 4, { "123456789": 5 }));
  const length = Number(record.readBigUInt64LE(0));
  expect(record.length).toBe(8 + 4 + length + 4);
  expect(unmask(record.readUInt32LE(8))).toBe(bitwiseCrc32c(record.subarray(0, 8)));
  expect(unmask(record.readUInt32LE(12 + length))).toBe(bitwiseCrc32c(record.subarray(12, 12 + length)));
  expect(bitwiseCrc32c(Buffer.from("123456789"))).toBe(0xe3069283);
});

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0;
}

/** CRC-32C as long division by the polynomial 1EDC6F41, bit by bit, most significant first. */
function bitwiseCrc32c(data: Uint8Array): number {
  const bits = [...data].flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> i) & 1));
  let remainder = 0xffffffff;
  for (const bit of bits) {
    const carry = (remainder >>> 31) ^ bit;
    remainder = ((remainder << 1) ^ (carry ? 0x1edc6f41 : 0)) >>> 0;
  }
  const reflected = Array.from({ length: 32 }, (_, i) => (remainder >>> i) & 1).reduce((sum, bit) => sum * 2 + bit, 0);
  return (reflected ^ 0xffffffff) >>> 0;
}
