// Snapshots: saved content comes back, and after damage of any kind the generation before is loaded.
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostSources, loadSnapshot, saveSnapshot } from "@cambium/checkpoint";
import type { JsonValue } from "@cambium/files";
import { hostTensor } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";

const save = (dir: string, n: number) =>
  saveSnapshot(dir, { tensors: hostSources({ w: hostTensor("f32", [3], [n, n, n]) }), state: { n } });

/** The state that loads, and the reasons why newer generations were skipped. */
async function load(dir: string): Promise<{ state: JsonValue; value: number; rejected: string[] } | undefined> {
  const snapshot = await loadSnapshot(dir);
  if (snapshot === undefined) return undefined;
  await using tensors = snapshot.tensors;
  const value = (await tensors.read("w", "f32")).data[0] as number;
  return { state: snapshot.state, value, rejected: snapshot.rejected.map(({ message }) => message) };
}

const names = (n: number) => [`snapshot-00000${n}.json`, `snapshot-00000${n}.safetensors`];

describe("snapshots", () => {
  it("are undefined if none was saved", async () => {
    const dir = await tempDir();
    expect(await load(dir)).toBeUndefined();
    expect(await load(join(dir, "absent"))).toBeUndefined();
  });

  it.each([
    ["null", "null"],
    ["a list", "[]"],
    ["a text", '"x"'],
    ["nested 100,000 deep", `{"content":${"[".repeat(1e5)}${"]".repeat(1e5)},"sha256":""}`],
  ])("whose manifest is %s are skipped", async (_, manifest) => {
    const dir = await tempDir();
    await save(dir, 1);
    await save(dir, 2);
    await writeFile(join(dir, names(2)[0] as string), manifest);
    expect(await load(dir)).toMatchObject({ value: 1, rejected: [expect.stringContaining("checksum do not agree")] });
  });

  it("come back with tensors of every host type and any JSON state", async () => {
    const dir = await tempDir();
    const tensors = {
      f32: hostTensor("f32", [2], [-0, 1e-45]),
      i32: hostTensor("i32", [], [7]),
      bf16: hostTensor("bf16", [0]),
    };
    // JSON has one zero.
    const state = fc
      .jsonValue({ noUnicodeString: false })
      .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
    await fc.assert(
      fc.asyncProperty(state, async (value) => {
        await saveSnapshot(dir, { tensors: hostSources(tensors), state: value });
        const snapshot = await loadSnapshot(dir);
        await using file = snapshot?.tensors;
        expect(snapshot?.state).toEqual(value);
        for (const [name, tensor] of Object.entries(tensors)) expect(await file?.read(name)).toEqual(tensor);
      }),
      { numRuns: 30 },
    );
  });

  it("are kept for two generations", async () => {
    const dir = await tempDir();
    for (const n of [1, 2, 3]) expect(await save(dir, n)).toBe(n);
    expect((await readdir(dir)).sort()).toEqual([...names(2), ...names(3)]);
    expect(await load(dir)).toEqual({ state: { n: 3 }, value: 3, rejected: [] });
  });

  it("of which the last good one outlives a damaged one", async () => {
    const dir = await tempDir();
    await save(dir, 1);
    await save(dir, 2);
    await truncate(join(dir, names(2)[1] as string), 10);
    await save(dir, 3);
    expect((await readdir(dir)).sort()).toEqual([...names(1), ...names(3)]);
  });

  it("that were not sealed are never read, and are removed by the next save", async () => {
    const dir = await tempDir();
    await save(dir, 1);
    await save(dir, 2);
    await rm(join(dir, names(2)[0] as string));
    expect(await load(dir)).toEqual({ state: { n: 1 }, value: 1, rejected: [] });
    expect(await save(dir, 3)).toBe(3);
    expect((await readdir(dir)).sort()).toEqual([...names(1), ...names(3)]);
  });

  it("notice any flipped bit in any file", async () => {
    const dir = await tempDir();
    await save(dir, 1);
    await save(dir, 2);
    for (const name of names(2)) {
      const original = await readFile(join(dir, name));
      for (let at = 0; at < original.length; at++) {
        const damaged = Buffer.from(original);
        damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (at % 8)), at);
        await writeFile(join(dir, name), damaged);
        const loaded = await load(dir);
        // Only white space in the manifest may change without changing its meaning.
        if (loaded?.value === 2) expect([name, at]).toEqual([names(2)[0], original.length - 1]);
        else expect(loaded).toEqual({ state: { n: 1 }, value: 1, rejected: [expect.any(String)] });
      }
      await writeFile(join(dir, name), original);
    }
  });

  it("notice truncation at any length", async () => {
    const dir = await tempDir();
    await save(dir, 1);
    await save(dir, 2);
    for (const name of names(2)) {
      const original = await readFile(join(dir, name));
      for (let length = 0; length < original.length - 1; length += 3) {
        await writeFile(join(dir, name), original.subarray(0, length));
        expect(await load(dir)).toEqual({ state: { n: 1 }, value: 1, rejected: [expect.any(String)] });
      }
      await writeFile(join(dir, name), original);
    }
  });

  it("that are all damaged are an error with every reason", async () => {
    const dir = await tempDir();
    await save(dir, 1);
    await save(dir, 2);
    await truncate(join(dir, names(1)[1] as string), 0);
    await writeFile(join(dir, names(2)[0] as string), "{}");
    const error = await refusal(() => loadSnapshot(dir));
    expect(error.code).toBe("E_SNAPSHOT_CORRUPT");
    expect(error.details.reasons).toHaveLength(2);
  });

  it("refuse a state that JSON would change, before anything is written", async () => {
    const dir = await tempDir();
    const cases: [unknown, string][] = [
      [{ a: [1, Number.NaN] }, "state.a[1]"],
      [{ a: { b: undefined } }, "state.a.b"],
      [new Map(), "state"],
      [{ a: 1n }, "state.a"],
      [{ a: new Date(0) }, "state.a"],
      [{ a: Float32Array.of(1) }, "state.a"],
    ];
    for (const [state, where] of cases) {
      const error = await refusal(() => saveSnapshot(dir, { tensors: [], state: state as JsonValue }));
      expect(error.code).toBe("E_SNAPSHOT_STATE");
      expect(error.details.where).toBe(where);
    }
    expect(await readdir(dir)).toEqual([]);
  });
});
