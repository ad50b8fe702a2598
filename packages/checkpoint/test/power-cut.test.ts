// A power cut at every change that saving a snapshot makes to the disk: sealed snapshots stay, and data that was not
// flushed never reads as sealed.
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";

vi.mock("node:fs/promises", async (original) => (await import("../../files/test/support/power.js")).failing(original));
const { cutAfter } = await import("../../files/test/support/power.js");
const { hostSources, loadSnapshot, saveSnapshot } = await import("../src/index.js");
const { hostTensor } = await import("@cambium/ir");

it("saveSnapshot leaves the old snapshot or the new one, complete", async () => {
  const save = (dir: string, n: number) =>
    saveSnapshot(dir, { tensors: hostSources({ w: hostTensor("f32", [64], new Float32Array(64).fill(n)) }), state: n });
  const seen = new Set<unknown>();
  for (let changes = 0; ; changes++) {
    const dir = join(await tempDir(), "snapshot");
    await save(dir, 1);
    const ended = await cutAfter(changes, () => save(dir, 2));
    const snapshot = await loadSnapshot(dir);
    await using tensors = snapshot?.tensors;
    expect(ended ? [2] : [1, 2]).toContain(snapshot?.state);
    expect([...((await tensors?.read("w"))?.data ?? [])]).toEqual(Array(64).fill(snapshot?.state));
    seen.add(snapshot?.state);
    await save(dir, 3);
    await using last = (await loadSnapshot(dir))?.tensors;
    expect((await last?.read("w"))?.data[0]).toBe(3);
    if (ended) break;
  }
  expect(seen).toEqual(new Set([1, 2]));
});
