// A process that grows a model: `SRC DST FACTOR FLUSH-BYTES [FILLER AT]` prints a line at each step and its peak memory.
// Once AT bytes are done, the file FILLER takes all space that is left on its disk; "stop" stops the growth instead.
import { appendFileSync, existsSync, writeSync } from "node:fs";
import { growDirectory } from "@cambium/grow/node";
import { CambiumError } from "@cambium/ir";
import { stacked } from "./grow-models.js";

const [from = "", to = "", factor = "2", flush = "65536", filler, at] = process.argv.slice(2);
let peak = 0;
const stop = new AbortController();
function takeSpace(file: string): void {
  try {
    for (;;) appendFileSync(file, new Uint8Array(4096));
  } catch {
    // Full.
  }
}
try {
  const { state } = await growDirectory(from, to, {
    signal: stop.signal,
    operator: stacked,
    options: { factor: Number(factor) },
    maxShardBytes: 400_000_000,
    flushBytes: Number(flush),
    onProgress: ({ done }) => {
      peak = Math.max(peak, process.memoryUsage.rss());
      writeSync(1, `${done}\n`);
      if (filler === "stop") {
        if (done >= Number(at)) stop.abort();
      } else if (filler && done >= Number(at) && !existsSync(filler)) takeSpace(filler);
    },
  });
  writeSync(1, `${state} peak ${peak}\n`);
} catch (error) {
  writeSync(1, `${JSON.stringify(error instanceof CambiumError ? error : { defect: String(error) })}\n`);
  process.exitCode = 2;
}
