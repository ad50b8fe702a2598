// The small parts: number formats, escaping, thinning of lines, R_c, and the contrast of the palette.
import { connectionRate } from "@cambium/growth";
import fc from "fast-check";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { sizeChanges } from "../src/changes.js";
import { growthMarks } from "../src/charts/growth-marks.js";
import type { Series } from "../src/charts/loss-data.js";
import { decimate } from "../src/decimate.js";
import * as format from "../src/format.js";
import { escapeHtml, html, trusted } from "../src/html.js";
import { styles } from "../src/styles.js";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("format", () => {
  it.each([
    [format.flops(4.62e15), "4.62 PFLOP"],
    [format.flops(999.96e12), "1.00 PFLOP"],
    [format.flops(0), "0.00 FLOP"],
    [format.count(9_999), "9,999"],
    [format.count(999_999), "1.00 M"],
    [format.count(1.2e9), "1.20 B"],
    [format.count(15e12), "15.0 T"],
    [format.layers(1), "1 layer"],
    [format.layers(24), "24 layers"],
    [format.duration(0), "0.0 s"],
    [format.duration(0.0421), "42 ms"],
    [format.duration(0.94999), "950 ms"],
    [format.duration(1.44), "1.4 s"],
    [format.duration(59.7), "1 min 00 s"],
    [format.duration(192), "3 min 12 s"],
    [format.duration(7_530), "2 h 05 min"],
    [format.percent(0.46951), "47.0 %"],
    [format.percent(-0.107), "−10.7 %"],
    [format.percent(-0.00001), "0.0 %"],
    [format.bytes(16 * 2 ** 30), "16.0 GiB"],
    [format.loss(Number.NaN), "—"],
    [format.list(["a", "b", "c"]), "a, b and c"],
  ])("prints %s", (printed, expected) => {
    expect(plain(printed)).toBe(expected);
  });
});

describe("html", () => {
  const text = fc.string({ unit: fc.constantFrom("<", ">", "&", '"', "'", "a", " ", "/", "é", "&lt;", "<b>") });

  it("preserves any text through a parser, in an element and in an attribute", () => {
    fc.assert(
      fc.property(text, (given) => {
        const { document } = parseHTML(html`<p title="${given}">${given}</p>`.text);
        expect(document.querySelectorAll("*")).toHaveLength(1);
        expect(document.querySelector("p")?.textContent).toBe(given);
        expect(document.querySelector("p")?.getAttribute("title")).toBe(given);
      }),
    );
  });

  it("leaves Html values unescaped, joins arrays and drops null, undefined and false", () => {
    expect(html`<ul>${["<", trusted("<li>")]}${null}${false}${undefined}${0}</ul>`.text).toBe("<ul>&#60;<li>0</ul>");
  });

  it("replaces control characters, which HTML forbids", () => {
    expect(escapeHtml("a\u0000b\u001bc\n\t")).toBe("a\uFFFDb\uFFFDc\n\t");
  });
});

describe("decimate", () => {
  it("keeps first, last, lowest and highest, in order, within the limit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 4, max: 100 }),
        (values, limit) => {
          const points = values.map((y, x) => ({ x, y }));
          const thin = decimate(points, (point) => point.y, limit);
          const heights = thin.map((point) => point.y);
          expect(thin.length).toBeLessThanOrEqual(limit);
          expect([thin[0], thin.at(-1)]).toEqual([points[0], points.at(-1)]);
          expect([Math.min(...heights), Math.max(...heights)]).toEqual([Math.min(...values), Math.max(...values)]);
          expect(thin.map((point) => point.x)).toEqual(
            [...new Set(thin.map((point) => point.x))].sort((a, b) => a - b),
          );
        },
      ),
    );
  });
});

describe("the connection rate that the report prints", () => {
  const indices = (digits: string) => [...digits].map(Number);
  it.each([
    ["012345012345012345012345", 20, 23],
    ["012345234523452345234545", 18, 23],
    ["012323232323232323232345", 14, 23],
    ["012012012012012012012345", 17, 23],
    ["001122", 2, 5],
  ])("of %s are %i of %i", (digits, kept, pairs) => {
    expect(connectionRate(indices(digits))).toMatchObject({ numerator: kept, denominator: pairs });
  });

  it("does not count a pair with a new layer", () => {
    expect(connectionRate([0, null, 1, 2])).toMatchObject({ numerator: 1, denominator: 3 });
  });
});

describe("palette", () => {
  const [light, dark] = styles.split("@media (prefers-color-scheme: dark)") as [string, string];
  const colour = (theme: string, name: string) => new RegExp(`--${name}: #([0-9a-f]{6})`).exec(theme)?.[1] as string;
  /** Relative luminance, WCAG 2.2. */
  const luminance = (hex: string) => {
    const [r, g, b] = [0, 2, 4].map((at) => {
      const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };

  it.each([
    ["light", light],
    ["dark", dark],
  ])("gives all text a contrast of at least 4.5 to 1 in the %s theme", (_, theme) => {
    for (const name of ["ink", "muted", "grown", "scratch", "other-1", "other-2", "other-3", "other-4"]) {
      for (const ground of ["paper", "panel"]) {
        expect(contrast(colour(theme, name), colour(theme, ground)), `${name} on ${ground}`).toBeGreaterThanOrEqual(
          4.5,
        );
      }
    }
  });
});

it("growth marks: one rule per growth, one label per kind, labels apart from each other and within the chart", () => {
  const series = (colour: string, ...growths: { x: number; label: string }[]) =>
    ({ arm: { colour }, growths }) as unknown as Series;
  const size = { width: 400, height: 200, detail: 0, shown: "any" } as const;
  const marks = growthMarks(
    [
      series(
        "grown",
        { x: 10, label: "1 → 2 layers" },
        { x: 12, label: "2 → 4 layers" },
        { x: 99, label: "4 → 8 layers" },
      ),
      series("other-1", { x: 10, label: "1 → 2 layers" }, { x: 14, label: "2 → 4 layers" }),
    ],
    100,
    size,
  );
  const text = JSON.stringify(marks);
  expect(marks.filter(({ type }) => type === "rule")).toHaveLength(4);
  const labels = marks.filter(({ type }) => type === "text");
  expect(labels.map(({ encode }) => encode?.enter?.["text"])).toEqual([
    { value: "1 → 2 layers" },
    { value: "2 → 4 layers" },
    { value: "4 → 8 layers" },
  ]);
  expect(text.match(/height \* 0\.84 - \d+/g)).toEqual([
    "height * 0.84 - 0",
    "height * 0.84 - 16",
    "height * 0.84 - 0",
  ]);
  expect(labels.map(({ encode }) => encode?.enter?.["align"])).toEqual(
    ["left", "left", "right"].map((value) => ({ value })),
  );
});

it("size changes in words", () => {
  const model = { layers: 6, hidden: 16, heads: 2, kvHeads: 2, intermediate: 32, vocab: 256, context: 8, tied: false };
  expect(sizeChanges(model, { ...model, layers: 24 })).toEqual(["6 → 24 layers"]);
  expect(sizeChanges(model, { ...model, hidden: 32, heads: 4 })).toEqual(["16 → 32 channels", "2 → 4 heads"]);
  expect(sizeChanges(model, model)).toEqual([]);
  expect(sizeChanges(undefined, model)).toEqual(["→ 6 layers"]);
});
