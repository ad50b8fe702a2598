// The variants of a product's kernels, as data, and which of them a device uses unless it was tuned.
import { numel } from "@cambium/ir";
import type { DeviceTraits } from "../../lower/traits.js";
import type { BlockShape } from "./blocks/shape.js";
import { isFewRows } from "./few-rows.js";
import { byFour, label, type Product } from "./product.js";
import { type TileShape, tileInvocations, tileWorkgroupBytes } from "./tiles/shape.js";

export type Variant =
  | { readonly family: "tiles"; readonly shape: TileShape; readonly splits: number }
  | { readonly family: "few rows" }
  | { readonly family: "blocks"; readonly shape: BlockShape };

/** Everything that a product's speed depends on, as text. */
export function productKey(product: Product): string {
  const { a, b, k } = product;
  const read = (name: string, side: Product["a"]) =>
    (byFour(side, k) ? "" : ` ${name} by one`) + (side.value.type.dtype === "f16" ? ` ${name} f16` : "");
  return `${label(product)}${read("a", a)}${read("b", b)}`;
}

/** For GPUs, the largest first. */
const tileShapes: readonly TileShape[] = [
  { tileRows: 128, tileColumns: 128, depth: 16, rows: 8, columns: 8 },
  { tileRows: 128, tileColumns: 128, depth: 8, rows: 8, columns: 8 },
  { tileRows: 64, tileColumns: 64, depth: 16, rows: 8, columns: 4 },
  { tileRows: 32, tileColumns: 32, depth: 16, rows: 4, columns: 4 },
  { tileRows: 16, tileColumns: 16, depth: 8, rows: 4, columns: 4 },
];

/** For software adapters with subgroups. */
const quadShapes = {
  small: { quad: true, rows: 4, columns: 4, depth: 4 },
  deep: { quad: true, rows: 4, columns: 4, depth: 8 },
  wide: { quad: true, rows: 4, columns: 8, depth: 4 },
  tall: { quad: true, rows: 8, columns: 4, depth: 4 },
  large: { quad: true, rows: 8, columns: 8, depth: 4 },
} as const satisfies Readonly<Record<string, BlockShape>>;

/** For software adapters without them. */
const laneShapes: readonly BlockShape[] = [
  { quad: false, rows: 8, columns: 8, depth: 4 },
  { quad: false, rows: 8, columns: 4, depth: 4 },
];

/** Workgroups that fill a GPU: a few for each of its processors. */
const fullGpu = 128;
/** Least steps of k in each part of a product that is cut along k. */
const minPart = 256;
/**
 * Multiply-adds from which larger blocks pay off on a software adapter: they run up to a tenth or a quarter faster, and
 * take two or four times as long to build.
 */
const [wideFrom, largeFrom] = [1 << 25, 1 << 27];

/** The variants that a device can use for this product; the first is the default. */
export function variants(product: Product, traits: DeviceTraits): readonly Variant[] {
  return traits.kind === "cpu" ? softwareVariants(product, traits) : gpuVariants(product, traits);
}

/** A name of a variant, the same in every process. */
export function variantName(variant: Variant): string {
  switch (variant.family) {
    case "tiles": {
      const { tileRows, tileColumns, depth, rows, columns } = variant.shape;
      return `tiles ${tileRows}x${tileColumns}x${depth} of ${rows}x${columns}, ${variant.splits} parts`;
    }
    case "few rows":
      return variant.family;
    case "blocks": {
      const { quad, rows, columns, depth } = variant.shape;
      return `blocks ${rows}x${columns}x${depth} by ${quad ? "quad" : "lane"}`;
    }
  }
}

function softwareVariants({ batch, m, n, k }: Product, { subgroups }: DeviceTraits): readonly Variant[] {
  if (m <= 4) return [{ family: "blocks", shape: { quad: false, rows: m, columns: 8, depth: 4 } }];
  const work = numel(batch) * m * n * k;
  const usual = work >= largeFrom ? quadShapes.large : work >= wideFrom ? quadShapes.wide : quadShapes.small;
  const shapes = subgroups ? new Set([usual, ...Object.values(quadShapes)]) : laneShapes;
  return [...shapes].map((shape) => ({ family: "blocks", shape }));
}

function gpuVariants(product: Product, traits: DeviceTraits): readonly Variant[] {
  const possible = tileShapes
    .filter(
      (shape) =>
        tileInvocations(shape) <= traits.maxInvocations && tileWorkgroupBytes(shape) <= traits.maxWorkgroupBytes,
    )
    .map((shape): Variant => ({ family: "tiles", shape, splits: splitsFor(product, shape) }));
  const ranked = [...possible].sort((x, y) => cost(product, x) - cost(product, y));
  return isFewRows(product) && traits.maxInvocations >= 128 ? [{ family: "few rows" }, ...ranked] : ranked;
}

function tileCount({ batch, m, n }: Product, { tileRows, tileColumns }: TileShape): number {
  return numel(batch) * Math.ceil(m / tileRows) * Math.ceil(n / tileColumns);
}

/** The number of parts that k is cut into, if k is long and the tiles alone leave most of a GPU idle. */
function splitsFor(product: Product, shape: TileShape): number {
  const wanted = Math.floor(fullGpu / tileCount(product, shape));
  return Math.max(1, Math.min(wanted, Math.floor(product.k / minPart), 32));
}

/**
 * Reads from global memory per multiply-add (larger tiles need fewer), divided by the share of a GPU that the
 * workgroups fill and by the share of the tiles that is within the matrix.
 */
function cost(product: Product, variant: Variant): number {
  if (variant.family !== "tiles") return 0;
  const { shape, splits } = variant;
  const { tileRows, tileColumns } = shape;
  const filled = Math.min(1, (tileCount(product, shape) * splits) / fullGpu);
  const results = Math.min(tileRows * tileColumns, 128 * 128) / (tileRows + tileColumns);
  const used = (numel(product.batch) * product.m * product.n) / (tileCount(product, shape) * tileRows * tileColumns);
  return 1 / (results * filled * used);
}
