// The small form of `node tools/kill-grow.mjs`: a handful of kills of `cambium grow`.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../setup.mjs";

test.each([
  ["end with the bytes of an undisturbed growth", []],
  ["end as the growth of the current source, swapped for its twin or not", ["--swap"]],
])(
  "growths killed at random instants %s",
  (_, flags) => {
    const args = ["--kills", "6", "--json", "--seed", String(Date.now() % 1e6), ...flags];
    const result = JSON.parse(
      execFileSync(process.execPath, [join(root, "tools", "kill-grow.mjs"), ...args], { encoding: "utf8" }),
    );
    expect(result, args.join(" ")).toMatchObject({ differing: 0, sourceChanged: false });
    expect(result.kills).toBeGreaterThanOrEqual(6);
  },
  300_000,
);
