// Cold: from process start through import, opening and compiling to the first loss; each sample is a process.
import type { DeviceSuite } from "../suite.js";
import { step } from "./step.js";

export const cold: DeviceSuite = {
  name: "cold",
  summary: "from the start of a process to the first training loss",
  unit: "s",
  bound: null,
  on: "device",
  fresh: true,
  inPrecisions: true,
  cases: () => step.cases(true),
  async prepare(one, device, precision) {
    const prepared = await step.prepare(one, device, precision);
    return {
      ...prepared,
      work: {},
      async turn(count) {
        await prepared.turn(count);
        // performance.now() counts from the start of the process.
        return [performance.now() / 1000];
      },
    };
  },
};
