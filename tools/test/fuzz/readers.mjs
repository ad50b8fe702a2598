// Readers with one fault each, for the fuzzer's own test.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const faults = {
  sound: () => undefined,
  defect: () => {
    throw new TypeError("a defect");
  },
  slow: () => {
    for (;;);
  },
  stray: (folder) => writeFileSync(join(folder, "..", "stranger"), "a"),
  large: () => Buffer.alloc(310e6, 1).length,
  gone: () => process.exit(),
};

export function readers() {
  const file = { files: { a: Buffer.from("abc") }, changed: ["a"] };
  return Object.fromEntries(
    Object.entries(faults).map(([name, read]) => [name, { ...file, read: async (folder) => read(folder) }]),
  );
}
