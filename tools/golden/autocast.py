"""Writes packages/train/test/golden/autocast-trace.json: fifty training steps of every fixture under PyTorch's autocast.

    python tools/golden/autocast.py

Oracle: transformers' model under torch.autocast("cpu", torch.bfloat16), weights and torch.optim.AdamW in float32, the
gradient norm clipped at 1, a constant rate of 1e-3. The twenty batches of golden.safetensors are taken in turn. For each
fixture the file has the loss of each step, before its update.
"""

import json
from pathlib import Path

import torch
from families import ADAMW, GOLDEN, loss_of
from fixtures import FIXTURES, build, token_batches

STEPS, RATE, CLIP = 50, 1e-3, 1.0
OUT = Path(__file__).resolve().parents[2] / "packages" / "train" / "test" / "golden" / "autocast-trace.json"


def losses(fixture) -> list[float]:
    model, batches = build(fixture), token_batches(fixture)[1:]
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, foreach=False, **ADAMW)
    found = []
    for step in range(STEPS):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(model, batches[step % len(batches)])[1]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        found.append(round(loss.item(), 6))
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    OUT.write_text(json.dumps({fixture.name: losses(fixture) for fixture in FIXTURES}) + "\n")
    print(f"wrote {OUT}")
