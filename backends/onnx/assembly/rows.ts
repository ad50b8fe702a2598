// Rows added to rows of a table: the gradient of an embedding.

/**
 * Record: rows of the updates at 4; pointers at 8 updates, 12 their places i32, 16 sums; at 20 elements of a row, at 24
 * rows of the sums. One row after the other, in f32. A place that is no row of the sums adds to nothing.
 */
export function addRows(record: usize): void {
  const count = load<u32>(record, 4);
  let from: usize = load<u32>(record, 8);
  const places: usize = load<u32>(record, 12);
  const sums: usize = load<u32>(record, 16);
  const width = load<u32>(record, 20);
  const rows = load<u32>(record, 24);
  const bytes = <usize>width << 2;
  memory.fill(sums, 0, <usize>rows * bytes);
  for (let i: u32 = 0; i < count; i++, from += bytes) {
    // A negative place is a large one without its sign.
    const row = load<u32>(places + (<usize>i << 2));
    if (row < rows) addRow(from, sums + <usize>row * bytes, width);
  }
}

function addRow(from: usize, to: usize, width: u32): void {
  const end = to + ((<usize>width & ~3) << 2);
  for (; to < end; to += 16, from += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  for (let rest = width & 3; rest > 0; rest--, to += 4, from += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
}
