// The same stage trained here, by one process of torch, and by two (DDP and FSDP).
import { join } from "node:path";
import { check, furthest, losses, recipeOf, run, scratch } from "./support.mjs";

export async function parity() {
  const families = { "Llama, grouped queries, tied": {}, Qwen3: { family: "qwen3", tied: false, headDim: 24 } };
  for (const [name, model] of Object.entries(families)) {
    const out = join(scratch, `parity-${model.family ?? "llama"}`);
    const ours = await run(recipeOf({ model }), out);
    const ways = {
      "1 process": { nproc: 1 },
      "2 processes": { nproc: 2 },
      "2 processes, FSDP": { nproc: 2, strategy: "fsdp" },
    };
    const torch = {};
    for (const [way, engine] of Object.entries(ways)) {
      const other = await run(recipeOf({ model, engine }), out);
      torch[way] = other;
      const [first, theirs] = [ours.stages[1].rows[0].loss, other.stages[1].rows[0].loss];
      const relative = Math.abs(first - theirs) / first;
      check(
        `${name}, ${way}: first loss`,
        relative < 1e-5,
        `${first} and ${theirs}, ${relative.toExponential(1)} apart`,
      );
      const most = furthest(losses(ours), losses(other));
      const count = ours.stages[1].rows.length;
      check(
        `${name}, ${way}: ${count} steps, held-out losses too`,
        most < 1e-3 && count >= 50,
        `${most.toExponential(1)} at most`,
      );
      const norms = furthest(...[ours, other].map(({ stages }) => stages[1].rows.map(({ gradNorm }) => gradNorm)));
      console.log(
        `  gradient norms ${norms.toExponential(1)} apart at most; ${tokensPerSecond(other)} tokens/s, ours ${tokensPerSecond(ours)}`,
      );
    }
    const apart = furthest(losses(torch["1 process"]), losses(torch["2 processes"]));
    check(`${name}: one process and two`, apart < 1e-4, apart.toExponential(1));
  }
}

function tokensPerSecond({ stages }) {
  const last = stages[1].rows.at(-1);
  return Math.round(last.tokens / last.seconds);
}
