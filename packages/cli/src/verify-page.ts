// The page of cambium verify: magnitudes and errors over depth for each model and backend, on logarithmic scales.
import { highest, lowest } from "@cambium/ir";
import { documentText, html, trusted } from "@cambium/report";
import type { Depth, Verified } from "@cambium/verify";

/** Pixels: a layer's column, the plot, and the room around it. */
const plot = { column: 18, height: 180, left: 70, top: 14, below: 175 };

/** The quantities drawn, each with its limit, if it has one. */
const lines = [
  { of: "magnitude", title: "Largest magnitude", color: "var(--other-1)", limit: undefined },
  { of: "error", title: "Error since the start, of the largest magnitude", color: "var(--scratch)", limit: undefined },
  { of: "share", title: "Worst op over its own tolerance", color: "var(--grown)", limit: 1 },
] as const;

/** A whole HTML document without external resources. */
export function verifiedPage(runs: readonly Verified[]): string {
  return documentText({
    title: "Cambium verify",
    style: trusted(own),
    body: html`<h1>Backends against float64</h1>
<p class="note">Each op on the device's own inputs, in the order of the graph: forward, backward, update. An op above 1 times its tolerance is wrong.</p>
${runs.map(section)}`,
  });
}

const own = `
.plot { overflow-x: auto; margin: .6rem 0 1.6rem; }
.plot svg { font: 11px var(--sans); fill: var(--muted); display: block; }
.plot line { stroke: var(--grid); } .plot .limit { stroke: var(--ink); stroke-dasharray: 4 3; }
h1 { font-size: 2rem; } .first { font-family: var(--mono); font-size: .8rem; overflow-wrap: anywhere; }
`;

function section({ model, backend, device, agrees, first, failed, depth, nodes, steps }: Verified) {
  if (failed)
    return html`<section><h2>${model} on ${backend}: could not be checked</h2><p class="note">${device}</p><p class="first">${failed.message}</p></section>`;
  return html`<section>
<h2>${model} on ${backend}: ${agrees ? "agrees" : "departs"}</h2>
<p class="note">${device}; ${nodes} ops, ${steps} steps</p>
${
  first &&
  html`<p class="first">${first.op} in ${first.layer ?? "no layer"}, step ${first.step}: element [${first.element.join(", ")}] is ${first.got}, not ${first.expected}; off by ${first.error}, allowed ${first.tolerance}</p>`
}
${lines.map(({ of, title, color, limit }) => html`<h3>${title}</h3><div class="plot">${chart(depth, of, color, limit)}</div>`)}
</section>`;
}

function chart(depth: readonly Depth[], of: "magnitude" | "error" | "share", color: string, limit?: number) {
  const values = depth.map((layer) => layer[of]);
  const seen = [...values, ...(limit === undefined ? [] : [limit])].filter((x) => x > 0 && Number.isFinite(x));
  // Zeros, which are exact, lie on a line of their own below all others.
  const zeros = values.includes(0) ? 1 : 0;
  const [from, to] = [
    Math.floor(Math.log10(Math.min(1, lowest(seen)))) - zeros,
    Math.ceil(Math.log10(Math.max(1e-9, highest(seen)))),
  ];
  const top = Math.max(to, from + 1);
  const y = (x: number) => {
    const power = x === 0 ? from : Math.min(top, Math.log10(Math.min(x, Number.MAX_VALUE)));
    return plot.top + plot.height * (1 - (power - from) / (top - from));
  };
  const x = (i: number) => plot.left + plot.column * (i + 0.5);
  const width = plot.left + plot.column * depth.length + 10;
  const powers = Array.from({ length: top - from + 1 }, (_, i) => from + i).filter(
    (p) => (p - from) % Math.ceil((top - from) / 6) === 0,
  );
  const bottom = plot.top + plot.height;
  return html`<svg width="${width}" height="${bottom + plot.below}" role="img" aria-label="${of} over depth">
${powers.map((power) => html`<line x1="${plot.left}" x2="${width}" y1="${y(10 ** power)}" y2="${y(10 ** power)}"/><text x="${plot.left - 8}" y="${y(10 ** power) + 4}" text-anchor="end">${zeros && power === from ? "0" : `1e${power}`}</text>`)}
${limit !== undefined && html`<line class="limit" x1="${plot.left}" x2="${width}" y1="${y(limit)}" y2="${y(limit)}"/>`}
<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${values.map((value, i) => `${x(i)},${y(value)}`).join(" ")}"/>
${values.map((value, i) => html`<circle cx="${x(i)}" cy="${y(value)}" r="3" fill="${color}"><title>${depth[i]?.layer}: ${value}</title></circle>`)}
${depth.map(({ layer }, i) => html`<text transform="translate(${x(i) + 4},${bottom + 8}) rotate(90)">${layer}</text>`)}
</svg>`;
}
