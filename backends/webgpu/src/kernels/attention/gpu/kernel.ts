// What the attention kernels of GPUs share: a workgroup for each block of rows, and the tiles that its statements use.
import type { DeviceTraits } from "../../../lower/traits.js";
import type { Kernel } from "../../../wgsl/kernel.js";
import { type AttentionSizes, sizesLabel } from "../node.js";
import { type TaskOptions, tasksOf } from "../tasks.js";
import { Tiles } from "./tiles.js";
import { tilingOf } from "./tiling.js";

export interface TileKernel
  extends Pick<Kernel, "label" | "reads" | "writes">,
    Pick<TaskOptions, "over" | "lateFirst"> {
  /** The statements that follow the task's header and the names of a thread's places. */
  statements(tiles: Tiles): readonly string[];
}

export function tileKernel(
  sizes: AttentionSizes,
  traits: DeviceTraits,
  { label, reads, writes, statements, ...order }: TileKernel,
): Kernel {
  const tiling = tilingOf(sizes, traits);
  const { groups, header } = tasksOf(sizes, { ...order, rows: tiling.rows });
  return {
    label: `${label} ${sizesLabel(sizes)}`,
    reads,
    writes,
    workgroup: [tiling.threads, 1, 1],
    groups,
    ...(tiling.shuffled > 1 && { enables: ["subgroups"] }),
    body: (io) => {
      const tiles = new Tiles(sizes, tiling, io);
      return {
        declarations: tiles.declarations(),
        main: [...header, ...tiles.places(), ...statements(tiles)].join("\n"),
      };
    },
  };
}
