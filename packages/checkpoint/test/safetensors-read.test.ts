// The reader, on files written by the Python originals (tools/golden/checkpoint.py).
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SafetensorsFile } from "@cambium/checkpoint";
import { describe, expect, it } from "vitest";
import { refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { golden } from "./support/golden.js";

type Values = (number | boolean | string)[];

async function json<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(golden, name), "utf8")) as T;
}

describe("SafetensorsFile", () => {
  it("reads every numpy dtype as f32, rounded to nearest", async () => {
    await using file = await SafetensorsFile.open(join(golden, "dtypes.safetensors"));
    const expected = await json<Record<string, { shape: number[]; values: Values }>>("dtypes.json");
    expect([...file.tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, values }] of Object.entries(expected)) {
      const tensor = await file.read(name, "f32");
      expect(tensor.shape).toEqual(shape);
      expect([...tensor.data]).toEqual(values.map((value) => Math.fround(Number(toNumber(value)))));
    }
  });

  it("reads integers as i32 exactly, and refuses those that do not fit", async () => {
    await using file = await SafetensorsFile.open(join(golden, "dtypes.safetensors"));
    expect([...(await file.read("int8", "i32")).data]).toEqual([-128, 127, 0, 7]);
    expect([...(await file.read("uint16", "i32")).data]).toEqual([0, 65535, 0, 7]);
    expect([...(await file.read("int32", "i32")).data]).toEqual([-(2 ** 31), 2 ** 31 - 1, 0, 7]);
    expect([...(await file.read("bool", "i32")).data]).toEqual([1, 0, 1]);
    for (const name of ["uint32", "int64", "uint64"]) {
      expect((await refusal(() => file.read(name, "i32"))).code).toBe("E_RANGE");
    }
    expect((await refusal(() => file.read("float32", "i32"))).code).toBe("E_DTYPE");
  });

  it("widens bf16 and f16 as torch does, and leaves opaque types to readBytes", async () => {
    await using file = await SafetensorsFile.open(join(golden, "torch-dtypes.safetensors"));
    expect(file.metadata).toEqual({ format: "pt" });
    for (const [name, values] of Object.entries(await json<Record<string, Values>>("torch-dtypes.json"))) {
      expect([...(await file.read(name, "f32")).data]).toEqual(values.map((value) => Math.fround(toNumber(value))));
    }
    expect((await file.read("bf16")).dtype).toBe("bf16");
    // e4m3: 1 = 0x38, -0.5 = 0xb0, 2 = 0x40; e5m2: 0x3c, 0xb8, 0x40.
    expect([...(await file.readBytes("float8_e4m3fn"))]).toEqual([0x38, 0xb0, 0x40]);
    expect([...(await file.readBytes("float8_e5m2", 1))]).toEqual([0xb8, 0x40]);
    expect((await refusal(() => file.read("float8_e5m2", "f32"))).code).toBe("E_DTYPE");
    expect((await refusal(() => file.read("complex64", "f32"))).code).toBe("E_DTYPE");
  });

  it("reads odd names, scalars and empty tensors", async () => {
    await using file = await SafetensorsFile.open(join(golden, "names.safetensors"));
    const names = ["b", "a", "", "A", "é", "\uffee", "\u{1f600}", 'quote"\\/', "tab\t\u0001\u007f\u2028"];
    for (const [i, name] of [...names, "__proto__", "10", "9", "constructor"].entries()) {
      expect([...(await file.read(name)).data], name).toEqual([i, i]);
    }
    expect(await file.read("scalar", "i32")).toEqual({ dtype: "i32", shape: [], data: Int32Array.of(42) });
    expect(await file.read("empty", "f32")).toEqual({ dtype: "f32", shape: [3, 0, 2], data: new Float32Array() });
    await using several = await SafetensorsFile.open(join(golden, "metadata.safetensors"));
    expect(several.metadata).toEqual({ z: "1", a: 'é"\n', "\u{1f600}": "x", "\uffee": "y" });
    expect(several.tensors.size).toBe(0);
    expect((await refusal(() => file.read("toString"))).code).toBe("E_TENSOR_NOT_FOUND");
  });

  it("streams the same bytes as readBytes reads, across chunks too", async () => {
    const dir = await tempDir();
    const bytes = Buffer.alloc(8 * 2 ** 20 + 5, "abcdefg");
    const header = Buffer.from(`{"t":{"dtype":"U8","shape":[${bytes.length}],"data_offsets":[0,${bytes.length}]}}`);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await writeFile(join(dir, "t.safetensors"), Buffer.concat([length, header, bytes]));
    await using file = await SafetensorsFile.open(join(dir, "t.safetensors"));
    const chunks: Buffer[] = [];
    for await (const chunk of file.stream("t")) chunks.push(Buffer.from(chunk));
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(chunks.length).toBe(2);
    expect(Buffer.from(await file.readBytes("t", 7, 21)).toString()).toBe("abcdefgabcdefg");
    expect((await refusal(() => file.readBytes("t", 5, 4))).code).toBe("E_RANGE");
    expect((await refusal(() => file.readBytes("t", 0, bytes.length + 1))).code).toBe("E_RANGE");
  });

  it("names a file that is cut short while it is open", async () => {
    const dir = await tempDir();
    const path = join(dir, "t.safetensors");
    const content = await readFile(join(golden, "dtypes.safetensors"));
    await writeFile(path, content);
    await using file = await SafetensorsFile.open(path);
    await writeFile(path, content.subarray(0, file.entry("float64").offset + 8));
    const error = await refusal(() => file.read("float64", "f32"));
    expect(error.code).toBe("E_SAFETENSORS_TRUNCATED");
    expect(error.details.where).toBe(path);
  });
});

/** Infinities are strings, because JSON has no numbers for them. */
function toNumber(value: number | boolean | string): number {
  return value === "inf" ? Number.POSITIVE_INFINITY : value === "-inf" ? Number.NEGATIVE_INFINITY : Number(value);
}
