#!/usr/bin/env node
// Replaces Python with torch: reports versions, and as the driver speaks its protocol without computing anything. FAKE
// names a fault to produce.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [flag, ...rest] = process.argv.slice(2);
const fake = process.env.FAKE ?? "";
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

if (flag === "-c") {
  const torch = fake === "old" ? "1.13.1" : fake === "bare" ? null : "9.9.9";
  say({ python: "3.11.0", torch, transformers: "9.9.9", safetensors: "9", numpy: "9" });
} else {
  await drive(rest.filter((word) => word !== "--attended").at(-1));
}

async function drive(folder) {
  const job = JSON.parse(readFileSync(join(folder, "job.json"), "utf8"));
  say({ process: process.pid, rank: 0 });
  process.stdout.write("a library says something\n");
  let [stop, save] = [false, false];
  const input = createInterface({ input: process.stdin });
  input.on("line", (line) => {
    stop ||= line === "stop";
    save ||= line === "save";
  });
  input.on("close", () => fake !== "deaf" && rest.includes("--attended") && process.exit(70));
  if (fake === "deaf") process.on("SIGTERM", () => {});
  if (fake === "port") fail("torch.distributed.DistNetworkError: EADDRINUSE, port 29500");
  const place = (path) => JSON.parse(readFileSync(join(path, "state.json"), "utf8"));
  const saved = existsSync(join(folder, "saved")) ? readdirSync(join(folder, "saved")) : [];
  const newest = [join(folder, "start"), ...saved.map((name) => join(folder, "saved", name))].sort(
    (a, b) => place(b).step - place(a).step,
  )[0];
  const rates = new Float64Array(new Uint8Array(readFileSync(join(folder, "rates.f64"))).buffer);
  let { step, updates } = place(newest);
  const tokens = job.batch * job.accumulation * job.context;
  const keep = () => {
    const scratch = join(folder, "saved", "scratch");
    mkdirSync(join(folder, "saved"), { recursive: true });
    cpSync(newest, scratch, { recursive: true });
    writeFileSync(join(scratch, "state.json"), JSON.stringify({ step, tokens: step * tokens, updates, seconds: step }));
    renameSync(scratch, join(folder, "saved", `step-${step}`));
    say({ saved: `step-${step}`, step });
  };
  while (step < job.steps) {
    step += 1;
    updates += 1;
    if (fake === "diverges" && step === 3)
      say({ error: { code: "diverged", what: "loss", value: "nan", step, lr: 1 } });
    if (fake === "diverges" && step === 3) process.exit(65);
    if (fake === "full" && step === 3) say({ error: { code: "disk", message: "No space left on device", rank: 0 } });
    if (fake === "full" && step === 3) process.exit(1);
    if (fake === "killed" && step === 3) fail("  exitcode  : -9 (pid: 17)");
    const row = {
      step,
      tokens: step * tokens,
      loss: 2 + 1 / step,
      lr: rates[(step - 1) * job.groups.length],
      gradNorm: 1,
    };
    const whole = { ...row, tokensPerSecond: 1, seconds: step, ...(step === job.steps && { heldOutLoss: 2 }) };
    appendFileSync(join(folder, "metrics.jsonl"), `${JSON.stringify(whole)}\n`);
    say({ row: whole });
    // A pause, as in every step of the real driver.
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (fake === "slow") await new Promise((resolve) => setTimeout(resolve, 50));
    if (step % 2 === 0 || save) keep();
    if (fake === "vanishes" && step === 4) process.kill(process.pid, "SIGKILL");
    if (stop) break;
  }
  if (step % 2 === 1) keep();
  process.exit(0);
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
