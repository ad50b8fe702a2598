// The driver's files as kernels and containers show them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findGpu } from "../../src/engines/node-binding-gpu.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cambium-gpu-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text = ""): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

test("no driver", () => expect(findGpu(root)).toBeNull());

test("a driver that lists its GPUs", () => {
  write("proc/driver/nvidia/version", "NVRM version: 550.54\n");
  write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 1\n");
  expect(findGpu(root)).toEqual({ name: "NVIDIA H100 80GB HBM3" });
});

test.each(["dev/nvidiactl", "dev/dxg"])("a device file alone, %s: a GPU without a name", (path) => {
  write(path);
  expect(findGpu(root)).toEqual({});
});
