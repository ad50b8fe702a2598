// The report's style sheet: one accent per arm, serif for prose, sans for data, light and dark, one column on a phone.

/** CSS text without external references. */
export const styles = `
:root {
  color-scheme: light dark;
  --paper: #fcfdfc; --panel: #f1f5f2; --ink: #16211b; --muted: #55625b; --rule: #b9c5be; --grid: #e4eae6;
  --grown: #00745a; --scratch: #b24d0b; --other-1: #2a66b0; --other-2: #85469e; --other-3: #7d6200; --other-4: #4b5563;
  --other-5: #b03060; --other-6: #3f7f1f; --other-7: #1b7f8f; --other-8: #8a4b2a; --other-9: #5b55c4;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Source Serif 4", "Noto Serif", Cambria, Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0f1512; --panel: #18201c; --ink: #e4ece7; --muted: #9daba3; --rule: #4a5850; --grid: #232d28;
    --grown: #45c9a0; --scratch: #f09355; --other-1: #7fb0ef; --other-2: #cb9be0; --other-3: #d6b84a; --other-4: #a3adba;
    --other-5: #f08fb0; --other-6: #98cf6f; --other-7: #6fcbd9; --other-8: #d9a384; --other-9: #aaa6f5;
  }
}
.grown { --c: var(--grown); } .scratch { --c: var(--scratch); }
.other-1 { --c: var(--other-1); } .other-2 { --c: var(--other-2); } .other-3 { --c: var(--other-3); } .other-4 { --c: var(--other-4); }
.other-5 { --c: var(--other-5); } .other-6 { --c: var(--other-6); } .other-7 { --c: var(--other-7); } .other-8 { --c: var(--other-8); } .other-9 { --c: var(--other-9); }

*, ::before, ::after { box-sizing: border-box; margin: 0; }
html { background: var(--paper); color: var(--ink); font: 400 17px/1.55 var(--serif); -webkit-text-size-adjust: 100%; }
body { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1, h2, h3, figcaption, table, dl, .legend, .facts, .brand, .figure, .note, summary, .rate { font-family: var(--sans); }
section { margin-top: 4rem; }
h2 { font-size: .8rem; font-weight: 650; letter-spacing: .09em; text-transform: uppercase; color: var(--muted);
  border-top: 1px solid var(--ink); padding-top: .6rem; margin-bottom: 1.4rem; }
h3 { font-size: .95rem; font-weight: 600; }
small { font-size: .82rem; font-weight: 400; color: var(--muted); margin-left: .5em; }
.note, .facts { font-size: .82rem; color: var(--muted); }
.prose p + p { margin-top: .8em; }
b[class] { color: var(--c); font-weight: 600; }

.masthead h1 { font-size: clamp(2rem, 6vw, 3.1rem); line-height: 1.1; font-weight: 650; letter-spacing: -.025em;
  overflow-wrap: anywhere; margin: 1.1rem 0 .9rem; }
.brand { display: flex; align-items: center; gap: .55rem; font-weight: 650; letter-spacing: -.01em; }
.brand .kind { font-weight: 400; color: var(--muted); }
.mark { width: 1.7rem; height: 1.7rem; color: var(--rule); }
.masthead .facts { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; align-items: center; }
.state::before { content: ""; display: inline-block; width: .55em; height: .55em; border-radius: 50%; margin-right: .45em;
  background: var(--grown); }
.state { color: var(--ink); font-weight: 600; }
.state.running::before { background: none; box-shadow: inset 0 0 0 2px var(--scratch); }

.headline { display: grid; grid-template-columns: auto 1fr; gap: .5rem 2.2rem; align-items: center; }
.figure { font-size: clamp(3.4rem, 11vw, 5.6rem); font-weight: 600; line-height: 1; letter-spacing: -.045em;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.figure small { font-size: .42em; letter-spacing: -.01em; color: var(--muted); }
.figure.ahead { color: var(--grown); } .figure.behind { color: var(--scratch); }
.lede { font-size: 1.16rem; line-height: 1.5; max-width: 34em; text-wrap: pretty; }
.bars { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1.5rem 2.2rem; margin: 2.2rem 0 1.1rem; }
.cost h3 { display: flex; justify-content: space-between; margin-bottom: .6rem; }
.cost h3 span { color: var(--muted); font-weight: 400; font-variant-numeric: tabular-nums; }
.bar { display: grid; grid-template-columns: 1fr auto; font-size: .84rem; margin-top: .55rem; }
.bar dd { font-variant-numeric: tabular-nums; }
.bar > span { grid-column: 1 / 3; display: flex; height: .85rem; margin-top: .15rem; background: var(--panel); }
.bar i { background: var(--c); }
.bar i.base { opacity: .45; border-right: 1px solid var(--paper); }

.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; font-size: .84rem; margin-bottom: 1.3rem; }
.swatch { display: inline-block; width: .7em; height: .7em; border-radius: 50%; background: var(--c); margin-right: .5em; }
.swatch.scratch { border-radius: 0; transform: rotate(45deg) scale(.86); }
.key { width: 22px; height: 14px; margin-right: .45em; fill: none; color: var(--muted); vertical-align: -2px; }
figure { min-width: 0; }
figcaption { font-size: .95rem; font-weight: 600; margin-bottom: .5rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 2rem 2.2rem; }
figure + .pair { margin-top: 2rem; }
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { font-family: var(--sans); font-variant-numeric: tabular-nums; paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
.chart.narrow { display: none; }

.layers text { stroke: none; font-size: 12.5px; text-anchor: middle; fill: var(--muted); }
.layers text.on-dark { fill: #fff; font-weight: 600; } .layers text.on-light { fill: #14201a; font-weight: 600; }
.layers .cell { stroke: var(--paper); stroke-width: 1; }
.layers .new { fill: none; stroke: var(--muted); stroke-dasharray: 3 3; }
.map + .map { margin-top: 3rem; }
.rate { margin-top: .9rem; font-size: .84rem; color: var(--muted); }
.rate b { color: var(--ink); font-size: 1.15rem; font-weight: 600; margin-right: .7em; white-space: nowrap; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.6rem, 1fr)); gap: .9rem 1.5rem; margin: 1.3rem 0; }
dl.facts dd { color: var(--ink); overflow-wrap: anywhere; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem 1.2rem .45rem 0; border-bottom: 1px solid var(--grid); }
thead th, thead td { border-bottom-color: var(--rule); font-weight: 600; }
tbody th { font-weight: 400; color: var(--muted); }
.summary tbody th { width: 30%; }
.summary.many th, .summary.many td { white-space: nowrap; }
.summary.many tbody th, .summary.many thead td { position: sticky; left: 0; background: var(--paper); width: auto; }
.headline + .scroll { margin-top: 1.8rem; }
.pair + .note { margin-top: 1.4rem; }
.scroll + .note { margin-top: .9rem; }
.line { display: block; }
.range { display: block; position: relative; height: .7rem; margin: .2rem .3rem .1rem; max-width: 11rem; }
.range i { position: absolute; top: .3rem; height: 2px; background: var(--c); opacity: .6; }
.range b { position: absolute; top: .1rem; width: .42rem; height: .42rem; margin-left: -.21rem; border-radius: 50%; background: var(--c); }
.warning { margin-top: 1rem; padding-left: .9rem; border-left: 3px solid var(--scratch); }

.samples { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 2rem 2.2rem; }
blockquote { margin-top: .9rem; padding: 1rem 1.1rem; background: var(--panel); font-size: .95rem; line-height: 1.5;
  white-space: pre-wrap; overflow-wrap: anywhere; }
blockquote b { font-weight: 700; }

details { border-bottom: 1px solid var(--grid); }
summary { padding: .75rem 0; font-size: .92rem; font-weight: 600; cursor: pointer; }
details > :not(summary) { margin-bottom: 1.5rem; }
details .prose { font-size: .95rem; max-width: 42em; }
pre { font: .8rem/1.6 var(--mono); background: var(--panel); padding: 1rem 1.1rem; overflow-x: auto; tab-size: 2; }
pre b { font-weight: 400; color: var(--grown); } pre i { color: var(--muted); }
:focus-visible { outline: 2px solid var(--grown); outline-offset: 3px; }

@media (max-width: 44rem) {
  html { font-size: 16px; }
  body { padding-top: 1.5rem; }
  section { margin-top: 3rem; }
  .headline, .bars, .pair { grid-template-columns: 1fr; }
  .chart.wide { display: none; } .chart.narrow { display: block; }
  table { font-size: .84rem; }
  th, td { padding-right: .7rem; }
  .summary tbody th { width: auto; }
}
@media print {
  body { max-width: none; padding: 0; }
  section { break-inside: avoid; margin-top: 2rem; }
}
`;
