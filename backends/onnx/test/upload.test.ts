// Uploads to the worker: cut into pieces that one buffer carries, and freed there if one of them fails.
import { type HostTensor, hostTensor } from "@cambium/ir";
import { expect, test } from "vitest";
import type { WorkerClient } from "../src/device/client.js";
import { engineOver } from "../src/device/engine.js";
import { uploader } from "../src/device/upload.js";
import type { Calls, Notice } from "../src/protocol.js";

/** A worker that keeps what it is sent, and fails the call numbered `failing`. */
function worker(failing = Number.POSITIVE_INFINITY) {
  const held = new Map<number, number[]>();
  const buffers = new Set<ArrayBufferLike>();
  let calls = 0;
  const client = {
    call: async (_: "upload", { tensor, at, piece }: Calls["upload"]["argument"]) => {
      if (calls++ === failing) throw new Error("the worker is full");
      buffers.add(piece.buffer);
      const values = held.get(tensor) ?? [];
      piece.forEach((x, i) => {
        values[at + i] = x;
      });
      held.set(tensor, values);
      return piece;
    },
    notify: (notice: Notice) => "free" in notice && held.delete(notice.free),
  };
  return {
    held,
    buffers,
    upload: uploader(engineOver(client as unknown as WorkerClient, { profile: false, provider: "cpu", threads: 1 })),
  };
}

const large: HostTensor = hostTensor(
  "f32",
  [3, 100_000],
  Array.from({ length: 300_000 }, (_, i) => i),
);

test("a tensor of several pieces arrives whole, through one buffer", async () => {
  const { held, buffers, upload } = worker();
  const first = await upload(large);
  const second = await upload(hostTensor("f32", [0]));
  expect(first).not.toBe(second);
  expect(held.get(first)).toEqual([...large.data]);
  expect([held.get(second), buffers.size]).toEqual([[], 1]);
});

test.each([0, 1])("if piece %i fails, nothing of the tensor stays in the worker", async (failing) => {
  const { held, upload } = worker(failing);
  await expect(upload(large)).rejects.toThrow("the worker is full");
  expect(held.size).toBe(0);
  await upload(large);
});
