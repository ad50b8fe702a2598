// The small form of `node tools/kill-runs.mjs`: a handful of killed runs.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../setup.mjs";

test("runs killed while the base trains, at growth and after it end with the bits of an undisturbed run", () => {
  const args = ["--runs", "2", "--kills", "3", "--json", "--seed", String(Date.now() % 1e6)];
  const [result] = JSON.parse(
    execFileSync(process.execPath, [join(root, "tools", "kill-runs.mjs"), ...args], { encoding: "utf8" }),
  );
  expect(result, args.join(" ")).toMatchObject({ differing: [], missed: [] });
  for (const phase of ["base", "growth", "grown"]) expect(result.hits[phase], phase).toBeGreaterThanOrEqual(2);
}, 300_000);
