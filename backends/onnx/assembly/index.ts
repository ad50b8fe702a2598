// The host kernels: one call walks a table of records and runs the kernel each one names. See src/worker/kernels.ts for
// the writer of the table; the layout stands in both files.
import { update } from "./adamw";
import { scaleFor, squareSum } from "./norm";
import { addRows } from "./rows";

/** Bytes of a record. */
const stride: usize = 128;

/** Sum of the squares of all gradients since the last `clip` record. */
let squares: f64 = 0;

/** Runs `count` records from `table`: kind u32 at 0, elements u32 at 4, the rest as its kind says. */
export function run(table: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const record = table + <usize>i * stride;
    const kind = load<u32>(record);
    if (kind == 0) {
      squares += squareSum(load<u32>(record, 8), load<u32>(record, 4));
    } else if (kind == 1) {
      const norm = <f32>sqrt<f64>(squares);
      store<f32>(load<u32>(record, 12), norm);
      store<f32>(load<u32>(record, 8), scaleFor(norm, load<f64>(record, 48)));
      squares = 0;
    } else if (kind == 2) {
      update(record);
    } else {
      addRows(record);
    }
  }
}
