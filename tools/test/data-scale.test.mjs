// The small form of `node tools/data-scale.mjs`, which prepares gigabytes of shards and kills the preparation.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../setup.mjs";

test("shards are prepared to the same bytes in spite of kills, in little memory", () => {
  const args = ["--gb", "0.02", "--kills", "3", "--json", "--shuffle", "--seed", String(Date.now() % 1e6)];
  const options = { encoding: "utf8" };
  const result = JSON.parse(execFileSync(process.execPath, [join(root, "tools", "data-scale.mjs"), ...args], options));
  expect(result, args.join(" ")).toMatchObject({ differing: 0, kills: 3 });
  if (process.platform === "linux") expect(result.megabytes).toBeLessThan(500);
}, 120_000);
