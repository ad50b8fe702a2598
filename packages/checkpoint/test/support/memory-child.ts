// A process that grows a model: `SRC DST OPERATOR-URL OPTIONS`. Prints the bytes it wrote and its peak memory, in bytes.
import { growDirectory } from "@cambium/checkpoint";
import type { Operator } from "@cambium/growth";

const [from = "", to = "", href = "", options = ""] = process.argv.slice(2);
const { default: operator } = (await import(href)) as { default: Operator };
// Blocks of the same size for a small model and a large one.
const { report } = await growDirectory(from, to, { operator, options: JSON.parse(options), flushBytes: 4e6 });
console.log(JSON.stringify({ written: report.bytesOut, peak: 1024 * process.resourceUsage().maxRSS }));
