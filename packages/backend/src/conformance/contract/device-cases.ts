// A device's info, and what it must refuse before it calls a driver.
import { composites, f32, GraphBuilder, hostTensor, neg } from "@cambium/ir";
import { assertRejects, assertThat } from "../agree.js";
import { type ConformanceCase, contractCase as test } from "../case.js";

export function deviceCases(): ConformanceCase[] {
  return [
    test("info names the device, its dtypes, composites and limits", async ({ info }) => {
      assertThat(
        [info.backend, info.version, info.device].every((text) => text !== ""),
        "backend, version and device must not be empty",
      );
      assertThat(
        (["f32", "i32", "bool"] as const).every(
          (dtype) => info.accepts.includes(dtype) && info.computes.includes(dtype),
        ),
        "f32, i32 and bool must compute",
      );
      const refused = info.computes.filter((dtype) => !info.accepts.includes(dtype));
      assertThat(refused.length === 0, `computed, but not accepted: ${refused.join(", ")}`);
      const strangers = info.composites.filter((name) => !Object.hasOwn(composites, name));
      assertThat(strangers.length === 0, `not composites of the IR: ${strangers.join(", ")}`);
      assertThat(info.limits.maxTensorBytes > 0, "maxTensorBytes must be positive");
    }),
    test("a tensor beyond the device's limit is refused before it runs: E_LIMIT", async (device) => {
      const { maxTensorBytes } = device.info.limits;
      if (!Number.isFinite(maxTensorBytes)) return;
      const builder = new GraphBuilder();
      builder.output("y", neg(builder.input("x", f32(Math.floor(maxTensorBytes / 4) + 1))));
      await assertRejects(device.compile(builder.finish()), "E_LIMIT", String(maxTensorBytes));
    }),
    test("two devices are open at once and refuse each other's tensors: E_INPUT", async (device, open) => {
      await using other = await open();
      const builder = new GraphBuilder();
      builder.output("y", neg(builder.input("x", f32(2))));
      using executable = await device.compile(builder.finish());
      using stranger = await other.upload(hostTensor("f32", [2]));
      await assertRejects(executable.run({ x: stranger }), "E_INPUT", "x");
    }),
  ];
}
