// The small form of `node tools/kill-sweep.mjs`: a smaller sweep.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../setup.mjs";

test("a sweep killed at random instants ends with the table and the stages of an undisturbed sweep", () => {
  const args = ["--cells", "4", "--kills", "3", "--json", "--jobs", "2", "--seed", String(Date.now() % 1e6)];
  const result = JSON.parse(
    execFileSync(process.execPath, [join(root, "tools", "kill-sweep.mjs"), ...args], { encoding: "utf8" }),
  );
  // 2 bases, 2 scratch arms and 4 targets serve the 12 stages of 4 cells.
  expect(result, args.join(" ")).toMatchObject({ rows: 8, stages: 8, planned: 12, equal: true });
  expect(result.kills).toBeGreaterThanOrEqual(1);
}, 200_000);
