// A process that grows a model: `SRC DST OPERATOR-URL OPTIONS [look]`. Prints the bytes it wrote and its peak memory, in
// bytes; with "look" it stops after the dry run, whatever stands against the growth.
import { dryRunGrowth, growDirectory } from "@cambium/grow/node";
import type { Operator } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";

const [from = "", to = "", href = "", options = "", look] = process.argv.slice(2);
const { default: operator } = (await import(href)) as { default: Operator };
let written = 0;
const request = {
  operator,
  options: JSON.parse(options),
  onReport: ({ bytesOut }: { bytesOut: number }) => {
    written = bytesOut;
  },
};
try {
  if (look) await dryRunGrowth(from, to, request);
  // Blocks of the same size for a small model and a large one.
  else await growDirectory(from, to, { ...request, threads: 2, flushBytes: 4e6 });
} catch (error) {
  if (!look || !(error instanceof CambiumError) || error.code !== "E_DISK_FULL") throw error;
}
console.log(JSON.stringify({ written, peak: 1024 * process.resourceUsage().maxRSS }));
