// System limits are reported as such, not as bugs.
import { spawnSync } from "node:child_process";
import { expect, test, vi } from "vitest";
import { reportFailure } from "../src/failure.js";
import { leastOpenFiles, openFiles } from "../src/open-files.js";

const main = new URL("../dist/main.js", import.meta.url).pathname;

test.skipIf(process.platform !== "linux").each([24, 64, leastOpenFiles - 1])("ulimit -n %i", (limit) => {
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", `ulimit -n ${limit}; exec "$0" "$1" doctor`, process.execPath, main],
    {
      encoding: "utf8",
    },
  );
  expect(stderr).toMatch(new RegExp(`^E_OPEN_FILES: [\\s\\S]*\\n  got: ${limit}\\n  try: raise the limit: ulimit -n`));
  expect(status).toBe(2);
});

test("a limit, no limit, and a system that does not give one", () => {
  expect(
    openFiles("Limit   Soft Limit\nMax open files            1024                 524288               files\n"),
  ).toBe(1024);
  expect(openFiles("Max open files            unlimited            unlimited            files\n")).toBeUndefined();
  expect(openFiles("")).toBeUndefined();
});

test.each([
  "Array buffer allocation failed",
  "WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance",
  "WebAssembly.Memory(): could not allocate memory",
  "Worker terminated due to reaching memory limit: JS heap out of memory",
])("%s", (message) => {
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  try {
    expect(reportFailure(new RangeError(message), false)).toBe(2);
    expect(said.mock.calls.join()).toMatch(/^E_MEMORY: [\s\S]*try: raise the limit/);
  } finally {
    said.mockRestore();
  }
});
