// The writer: the same bytes as the Python originals, one tensor at a time, all or nothing.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  hostSource,
  hostSources,
  layoutSafetensors,
  lazySource,
  SafetensorsFile,
  type TensorSource,
  writeSafetensors,
} from "@cambium/checkpoint";
import { fromBf16, fromF16, hostTensor, toBf16, toF16 } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messages, refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { golden } from "./support/golden.js";

const bytes = (array: Float32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

describe("writeSafetensors", () => {
  it.each(["dtypes", "torch-dtypes", "names"])(
    "writes %s as Python does, in any order of the sources",
    async (name) => {
      const dir = await tempDir();
      const path = join(golden, `${name}.safetensors`);
      await using file = await SafetensorsFile.open(path);
      const sources = [...file.tensors.keys()].reverse().map((tensor) => file.source(tensor));
      const written = await writeSafetensors(join(dir, "copy"), sources, { metadata: file.metadata });
      expect(written.bytes).toBe(file.size);
      expect((await readFile(join(dir, "copy"))).equals(await readFile(path))).toBe(true);
      expect(await readdir(dir)).toEqual(["copy"]);
    },
  );

  it("round-trips every host type bit for bit", async () => {
    const dir = await tempDir();
    const tensors = {
      f32: hostTensor("f32", [2, 2], [1.5, -0, Number.NaN, 3e38]),
      i32: hostTensor("i32", [2], [-(2 ** 31), 7]),
      bool: hostTensor("bool", [3], [1, 0, 1]),
      f16: hostTensor("f16", [2], [0x7bff, 0x8001]),
      bf16: hostTensor("bf16", [], [0x3f80]),
    };
    await writeSafetensors(join(dir, "t"), hostSources(tensors));
    await using file = await SafetensorsFile.open(join(dir, "t"));
    for (const [name, tensor] of Object.entries(tensors)) expect(await file.read(name)).toEqual(tensor);
  });

  it.each(["f16", "bf16"] as const)(
    "stores f32 as %s by the rounding of the IR, and reads it back",
    async (storage) => {
      const dir = await tempDir();
      const [to, from] = storage === "f16" ? [toF16, fromF16] : [toBf16, fromBf16];
      const largest = storage === "f16" ? 65504 : 3e38;
      const value = fc.oneof(
        fc.float({ noNaN: true, min: Math.fround(-largest), max: Math.fround(largest) }),
        fc.constantFrom(Infinity, -Infinity, Number.NaN),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(value, { maxLength: 40 }), async (values) => {
          const tensors = { x: hostTensor("f32", [values.length], values), n: hostTensor("i32", [1], [3]) };
          await writeSafetensors(join(dir, "t"), hostSources(tensors, storage));
          await using file = await SafetensorsFile.open(join(dir, "t"));
          expect(file.entry("x").dtype).toBe(storage.toUpperCase());
          expect(file.entry("n").dtype).toBe("I32");
          expect([...(await file.read("x", "f32")).data]).toEqual(values.map((x) => from(to(x))));
        }),
        { numRuns: 50 },
      );
    },
  );

  it("converts across its chunks", async () => {
    const dir = await tempDir();
    const values = Float32Array.from({ length: 2 ** 20 + 3 }, (_, i) => i % 251);
    await writeSafetensors(join(dir, "t"), [hostSource("x", hostTensor("f32", [values.length], values), "bf16")]);
    await using file = await SafetensorsFile.open(join(dir, "t"));
    expect(Buffer.compare(bytes((await file.read("x", "f32")).data), bytes(values))).toBe(0);
  });

  it("refuses to turn a finite number into an infinite one", async () => {
    const dir = await tempDir();
    const sources = hostSources({ x: hostTensor("f32", [2], [1, 65520]) }, "f16");
    const error = await refusal(() => writeSafetensors(join(dir, "t"), sources));
    expect(error.code).toBe("E_RANGE");
    expect(error.details.where).toBe("tensor x");
    expect(await readdir(dir)).toEqual([]);
  });

  it("reads one source at a time, in the order of the file", async () => {
    const dir = await tempDir();
    const seen: string[] = [];
    const lazy = (name: string) =>
      lazySource(name, { dtype: "f32", shape: [4] }, async () => {
        seen.push(`${name} asked`);
        await new Promise(setImmediate);
        seen.push(`${name} given`);
        return hostTensor("f32", [4]);
      });
    await writeSafetensors(join(dir, "t"), [lazy("b"), lazy("a"), lazy("c")]);
    expect(seen).toEqual(["a asked", "a given", "b asked", "b given", "c asked", "c given"]);
  });

  it("leaves the old file if a source fails or gives the wrong size", async () => {
    const dir = await tempDir();
    await writeFile(join(dir, "t"), "old");
    const short: TensorSource = { name: "x", dtype: "U8", shape: [3], chunks: () => [new Uint8Array(2)] };
    const other = lazySource("x", { dtype: "f32", shape: [2] }, () => hostTensor("f32", [3]));
    const broken: TensorSource = {
      ...short,
      chunks: () => {
        throw new Error("the device is gone");
      },
    };
    expect((await refusal(() => writeSafetensors(join(dir, "t"), [short]))).code).toBe("E_SHAPE");
    expect((await refusal(() => writeSafetensors(join(dir, "t"), [other]))).code).toBe("E_SHAPE");
    await expect(writeSafetensors(join(dir, "t"), [broken])).rejects.toThrow("the device is gone");
    expect(await readdir(dir)).toEqual(["t"]);
    expect(await readFile(join(dir, "t"), "utf8")).toBe("old");
  });

  it("names every tensor that cannot be laid out", async () => {
    const info = (name: string, ...shape: number[]) => ({ name, dtype: "F32" as const, shape });
    const error = await refusal(() =>
      layoutSafetensors([
        info("a"),
        info("a"),
        info("__metadata__"),
        info("\ud800"),
        info("b", -1),
        info("c", 2 ** 60),
      ]),
    );
    expect(error.code).toBe("E_SAFETENSORS_LAYOUT");
    expect(messages(error).sort()).toEqual([
      'tensor "\\ud800": the name is not Unicode',
      'tensor "__metadata__": the name is reserved by the format',
      'tensor "a": the name is given twice',
      'tensor "b": impossible shape',
      'tensor "c": impossible shape',
    ]);
  });

  it("foresees that the disk is too small", async () => {
    const dir = await tempDir();
    const huge: TensorSource = { name: "x", dtype: "U8", shape: [2 ** 49], chunks: () => [] };
    const error = await refusal(() => writeSafetensors(join(dir, "t"), [huge]));
    expect(error.code).toBe("E_DISK_FULL");
    expect(error.details.expected).toMatch(/^56294995342\d+ bytes free$/);
    expect(await readdir(dir)).toEqual([]);
  });
});
