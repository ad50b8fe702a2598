// The page section by section, and as a whole: content, structure, safety, size.
import { describe, expect, it } from "vitest";
import type { Fixture } from "./fixture.js";
import { curve, grownIds, report } from "./page.js";

describe("sections", () => {
  it("lists the arms with totals over their stages", async () => {
    const { run, document } = await report();
    const cells = new Map(
      [...document.querySelectorAll(".summary tbody tr")].map((row) => [
        row.querySelector("th")?.textContent,
        [...row.querySelectorAll("td")].map((cell) => (cell.textContent ?? "").replaceAll("\u00a0", " ")),
      ]),
    );
    const total = (ids: string[], by: "flops" | "tokens" | "seconds") =>
      ids.reduce((sum, id) => sum + (run.stages[id]?.rows.at(-1)?.[by] ?? 0), 0);
    const last = (id: string) => run.stages[id]?.rows.at(-1)?.heldOutLoss?.toFixed(3);
    expect(cells.get("Compute")).toEqual(
      [grownIds, ["scratch-a00b"]].map((ids) => `${(total(ids, "flops") / 1e12).toPrecision(3)} TFLOP`),
    );
    expect(cells.get("Tokens")).toEqual(["1.20 M", "1.20 M"]);
    // The growth itself took 1.4 s.
    expect(cells.get("Wall time")).toEqual(
      [total(grownIds, "seconds") + 1.4, total(["scratch-a00b"], "seconds")].map((s) => `${Math.round(s)} s`),
    );
    expect(cells.get("Final held-out loss")).toEqual([last("target-77c0"), last("scratch-a00b")]);
    expect(cells.get("Parameters")).toEqual(["1.62 M", "1.62 M"]);
    expect([...document.querySelectorAll(".summary thead th")].map((cell) => cell.textContent)).toEqual([
      "grown",
      "scratch",
    ]);
  });

  it("shows every held-out measurement at the cost of the whole arm", async () => {
    const { run, document } = await report();
    const table = [...document.querySelectorAll("details table tbody tr")].map((row) =>
      [...row.querySelectorAll("th, td")].map((cell) => (cell.textContent ?? "").replaceAll("\u00a0", " ")),
    );
    const expected = [...curve(run, grownIds, "flops"), ...curve(run, ["scratch-a00b"], "flops")];
    expect(table.map((row) => row[6])).toEqual(expected.map((point) => point.loss.toFixed(3)));
    expect(table.map((row) => row[4])).toEqual(
      expected.map(
        (point) =>
          `${(point.cost / (point.cost < 0.9995e12 ? 1e9 : 1e12)).toPrecision(3)} ${point.cost < 0.9995e12 ? "G" : "T"}FLOP`,
      ),
    );
  });

  it("draws the layer map with R_c", async () => {
    const { document, text } = await report({ baseLayers: 2, layerMap: [0, 1, 0, 1, 0, 1, null, 1] });
    expect(text(".rate b")).toBe("Rc = 3/7 = 42.9 %");
    const wide = document.querySelector("svg.layers.wide");
    expect(wide?.querySelectorAll("rect.cell")).toHaveLength(2 + 7);
    expect(wide?.querySelectorAll("rect.new")).toHaveLength(1);
    expect(wide?.querySelector("desc")?.textContent).toContain("1, 2, 1, 2, 1, 2, new, 2. 3 of 7");
  });

  it("gives the time of the switch, without the compilation done ahead", async () => {
    const { document } = await report();
    const facts = [...document.querySelectorAll(".map .facts div")].map((fact) =>
      [...fact.children].map(({ textContent }) => textContent?.replaceAll("\u00a0", " ")),
    );
    expect(facts).toContainEqual(["The switch took", "300 ms"]);
    expect(facts).toContainEqual(["State down, plan, up", "50 ms + 150 ms + 100 ms"]);
    expect(facts).toContainEqual(["Compiled ahead in", "1.1 s"]);
  });

  it("shows samples, recipe, machine and backend", async () => {
    const { run, document, text } = await report();
    expect(document.querySelectorAll("blockquote")).toHaveLength(4);
    expect(text("blockquote")).toMatch(/^It was a dark night, and the ship’s company/);
    expect(document.querySelector("pre")?.textContent).toBe(run.recipe);
    expect(text("#details + dl")).toContain("AMD EPYC 7B13, 2 cores");
    expect(text("#details + dl")).toContain("onnxruntime 1.30, cpu, 2 threads");
  });

  it("shows the loss scale and the skipped steps only for a run in mixed precision", async () => {
    const plain = await report({ steps: 80 });
    expect(plain.text("main, body")).not.toMatch(/Loss scale|skipped/);
    const { text } = await report({ steps: 80 }, (run) => {
      const stages = Object.entries(run.stages).map(([id, { manifest, rows }]) => {
        const scaled = rows.map((row, i) => ({
          ...row,
          lossScale: 2 ** (16 - (i % 2)),
          ...(i < 4 && { skipped: true }),
        }));
        return [id, { manifest, rows: scaled }] as const;
      });
      return { ...run, stages: Object.fromEntries(stages) };
    });
    expect(text("main, body")).toContain("Loss scale");
    expect(text("main, body")).toContain("12 of 160 steps (7.5 %) were skipped");
  });

  it("warns of a loss that stopped being a number", async () => {
    const { text } = await report({}, (run) => {
      const stage = run.stages["scratch-a00b"] as Fixture["stages"][string];
      const rows = stage.rows.map((row) => (row.step > 500 ? { ...row, loss: Number.NaN, gradNorm: Number.NaN } : row));
      return { ...run, stages: { ...run.stages, "scratch-a00b": { ...stage, rows } } };
    });
    expect(text(".warning")).toBe("scratch: from step 501 of scratch on, the training loss was not a number.");
  });
});

describe("page", () => {
  it("makes no external requests and has no scripts", async () => {
    const { source, document } = await report();
    expect(
      document.querySelectorAll("script, iframe, object, embed, img, base, form, use, image, foreignObject"),
    ).toHaveLength(0);
    expect([...document.querySelectorAll("[src], [href]")].map((element) => element.getAttribute("href"))).toEqual([
      "data:,",
    ]);
    expect(source.replaceAll(/ xmlns(:xlink)?="[^"]*"/g, "")).not.toMatch(/https?:|@import|url\((?!#)/);
    expect(document.querySelector("meta[http-equiv]")?.getAttribute("content")).toContain("default-src 'none'");
  });

  it("is accessible: named charts, tables with headers, unique ids, no dangling references", async () => {
    const { source, document } = await report();
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
    const pointers = [...source.matchAll(/url\(#([^)]+)\)/g)].map((match) => match[1] as string);
    const labels = [...document.querySelectorAll("[aria-labelledby]")].flatMap((element) =>
      (element.getAttribute("aria-labelledby") ?? "").split(" "),
    );
    expect(pointers.length).toBeGreaterThan(0);
    for (const id of [...pointers, ...labels]) expect(ids).toContain(id);
    const charts = [...document.querySelectorAll("svg.chart")];
    expect(charts).toHaveLength(4 + 2 + 2);
    for (const chart of charts) {
      expect(chart.getAttribute("role")).toBe("img");
      expect(chart.querySelector("title")?.textContent).not.toBe("");
      expect(chart.querySelector("desc")?.textContent).not.toBe("");
      expect(chart.getAttribute("viewBox")).toMatch(/^0 0 \d+ \d+$/);
      expect(chart.hasAttribute("width")).toBe(false);
    }
    for (const table of document.querySelectorAll("table")) {
      expect(table.querySelectorAll("thead th[scope=col]").length).toBeGreaterThan(0);
      expect(table.querySelectorAll("tbody tr").length).toBe(table.querySelectorAll("tbody th[scope=row]").length);
    }
  });

  it("takes all colours from the theme, also in charts", async () => {
    const { document } = await report();
    const strokes = [...document.querySelectorAll("svg.chart:not(.layers) [stroke]")].map((element) =>
      element.getAttribute("stroke"),
    );
    expect(strokes.length).toBeGreaterThan(50);
    expect(strokes.filter((stroke) => !/^var\(--[\w-]+\)$/.test(stroke ?? ""))).toEqual([]);
  });

  it("escapes all text from the run", async () => {
    const evil = `</style><script>alert(1)</script><img src=x onerror="alert('2')">&amp;`;
    const { document, source } = await report({ name: evil, corpus: evil, prompt: evil }, (run) => ({
      recipe: `${evil}: ${evil}\n# ${evil}\n`,
      manifest: {
        ...run.manifest,
        cambium: evil,
        machine: { ...run.manifest.machine, cpu: evil, platform: evil, node: evil },
        backend: { name: evil, version: evil, device: evil },
        data: { ...run.manifest.data, tokenizer: evil },
        arms: run.manifest.arms.map((arm) => ({ ...arm, name: arm.name + evil })),
      },
      stages: Object.fromEntries(
        Object.entries(run.stages).map(([id, { manifest, rows }]) => {
          const growth = manifest.growth && {
            growth: { ...manifest.growth, operator: evil, operatorVersion: evil, from: evil },
          };
          const samples = { samples: [{ prompt: evil, text: evil }] };
          return [id, { manifest: { ...manifest, ...growth, ...samples, id: evil, name: evil }, rows }];
        }),
      ),
    }));
    expect(source).not.toContain("<script");
    expect(document.querySelectorAll("script, img, [onerror]")).toHaveLength(0);
    expect(document.querySelector("h1")?.textContent).toBe(evil);
    expect(document.querySelector("title")?.textContent).toContain(evil);
    expect(document.querySelector("blockquote")?.textContent).toBe(evil);
    expect(document.querySelector("pre")?.textContent).toBe(`${evil}: ${evil}\n# ${evil}\n`);
  });

  it("stays below 500 KB for stages of 2,000 steps with frequent measurements", async () => {
    const { source } = await report({ steps: 2667, heldOutEvery: 10 });
    expect(Buffer.byteLength(source)).toBeLessThan(500_000);
  });
});
