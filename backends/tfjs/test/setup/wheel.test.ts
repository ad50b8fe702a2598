// Wheels: wanted files are unpacked byte for byte and checked against the RECORD; what is not a wheel is refused.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWheel } from "../../src/setup/wheel.js";
import { sha256, tensorflow, wheel } from "./fake-wheel.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cambium-wheel-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const signal = new AbortController().signal;

function write(content: Uint8Array): string {
  const path = join(folder, "some.whl");
  writeFileSync(path, content);
  return path;
}

test("unpacks the files that are wanted, at their paths, and describes them", async () => {
  const opened = await openWheel(write(wheel("tensorflow-cpu", tensorflow)));
  const files = await opened.unpack(join(folder, "out"), (path) => path.includes(".so.2"), signal);
  opened.close();
  expect([opened.name, opened.version]).toEqual(["tensorflow-cpu", "1.0"]);
  expect(files.map(({ path }) => path).sort()).toEqual([
    "tensorflow/libtensorflow_cc.so.2",
    "tensorflow/libtensorflow_framework.so.2",
  ]);
  for (const { path, bytes, sha256: sum } of files) {
    const text = tensorflow[path] ?? "";
    expect(readFileSync(join(folder, "out", path), "utf8")).toBe(text);
    expect([bytes, sum]).toEqual([text.length, sha256(text)]);
  }
  expect(existsSync(join(folder, "out/tensorflow/python"))).toBe(false);
});

test("lists the requirements of an extra", async () => {
  const metadata = [
    "Requires-Dist: numpy>=1.26",
    'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
    'Requires-Dist: other; extra == "and-tpu"',
  ].join("\n");
  const opened = await openWheel(write(wheel("tensorflow", tensorflow, { metadata })));
  opened.close();
  expect(opened.extra("and-cuda")).toEqual(["nvidia-cublas-cu12<13.0,>=12.5.3.2"]);
});

test.each<[string, () => Uint8Array, RegExp]>([
  ["a text", () => strToU8("not a wheel at all, though long enough to be one"), /some\.whl cannot be used/],
  ["an empty file", () => new Uint8Array(), /some\.whl cannot be used/],
  ["one cut short", () => wheel("tensorflow", tensorflow).slice(0, -100), /some\.whl cannot be used/],
  ["a zip of something else", () => zipSync({ "a.txt": strToU8("a") }), /has no METADATA/],
  ["a zip that climbs out", () => zipSync({ "../a.txt": strToU8("a") }), /invalid relative path/],
])("%s: E_SETUP_WHEEL", async (_, content, message) => {
  await expect(openWheel(write(content()))).rejects.toMatchObject({
    code: "E_SETUP_WHEEL",
    message: expect.stringMatching(message),
    details: { where: join(folder, "some.whl"), hint: "download it again" },
  });
});

test.each<[string, (record: string) => string]>([
  ["another checksum in its RECORD", (record) => record.replace(/(libtensorflow_cc\.so\.2,sha256=)../, "$1__")],
  ["no line in its RECORD", (record) => record.replace(/.*libtensorflow_cc.*\n/, "")],
])("a file with %s: E_SETUP_WHEEL", async (_, record) => {
  const opened = await openWheel(write(wheel("tensorflow", tensorflow, { record })));
  await expect(opened.unpack(join(folder, "out"), (path) => path.includes("_cc"), signal)).rejects.toMatchObject({
    code: "E_SETUP_WHEEL",
    message: expect.stringMatching(/checksum of tensorflow\/libtensorflow_cc\.so\.2/),
  });
  opened.close();
});

test("bytes damaged on the way: E_SETUP_WHEEL", async () => {
  const bytes = wheel("tensorflow", { "tensorflow/libtensorflow_cc.so.2": "x".repeat(50) });
  const at = Buffer.from(bytes).indexOf("tensorflow/libtensorflow_cc.so.2") + "tensorflow/libtensorflow_cc.so.2".length;
  bytes.fill(0xff, at, at + 2);
  const opened = await openWheel(write(bytes));
  await expect(opened.unpack(join(folder, "out"), () => true, signal)).rejects.toMatchObject({ code: "E_SETUP_WHEEL" });
  opened.close();
});
