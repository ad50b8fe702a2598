"""Values and gradients of every op's samples by PyTorch in float64: packages/ir/test/golden/ops.json.

    npx tsx tools/golden/op-samples.ts | python tools/golden/ops.py > packages/ir/test/golden/ops.json

The ops that only gradient rules use (rmsNormGrad and its like) are covered by the gradients of the ops they serve.
"""

import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

# f16 inputs are given as numbers that f16 can represent; only a cast rounds to it.
DTYPES = {"f32": torch.float64, "f16": torch.float64, "i32": torch.int64, "bool": torch.bool}


def tensor(host: dict) -> Tensor:
    data = [float(x) for x in host["data"]]
    return torch.tensor(data, dtype=torch.float64).to(DTYPES[host["dtype"]]).reshape(host["shape"])


def cast(x: Tensor, to: str) -> Tensor:
    if to == "bool":
        return x != 0
    if to == "f16":
        return x.half().double()
    return x.trunc().to(torch.int64) if to == "i32" and x.is_floating_point() else x.to(DTYPES[to])


def iota(shape: list[int], axis: int) -> Tensor:
    view = [-1 if i == axis else 1 for i in range(len(shape))]
    return torch.arange(shape[axis]).reshape(view).expand(shape)


def matmul(a: Tensor, b: Tensor, transA: bool, transB: bool) -> Tensor:
    return torch.matmul(a.mT if transA else a, b.mT if transB else b)


def pad(x: Tensor, before: list[int], after: list[int]) -> Tensor:
    return F.pad(x, [n for pair in zip(reversed(before), reversed(after)) for n in pair])


def scatter_add(updates: Tensor, indices: Tensor, rows: int) -> Tensor:
    rest = updates.shape[indices.dim():]
    return torch.zeros(rows, *rest, dtype=updates.dtype).index_add(0, indices.flatten(), updates.reshape(-1, *rest))


def rms_norm(x: Tensor, weight: Tensor, eps: float):
    return F.rms_norm(x, weight.shape, weight, eps), torch.rsqrt((x * x).mean(-1, keepdim=True) + eps)


def swiglu_grad(gate: Tensor, up: Tensor, grad: Tensor):
    gate, up = gate.detach().requires_grad_(), up.detach().requires_grad_()
    return torch.autograd.grad((F.silu(gate) * up * grad).sum(), [gate, up])


def rope(x: Tensor, cos: Tensor, sin: Tensor, heads: int, inverse: bool) -> Tensor:
    batch, context, width = x.shape
    split = x.reshape(batch, context, heads, width // heads).transpose(1, 2)
    both = [torch.cat([table, table], -1).unsqueeze(0) for table in (cos, -sin if inverse else sin)]
    return apply_rotary_pos_emb(split, split, *both)[0].transpose(1, 2).reshape(x.shape)


def causal_attention(q: Tensor, k: Tensor, v: Tensor, heads: int, kvHeads: int):
    batch, context, _ = q.shape
    q, k, v = (x.reshape(batch, context, n, -1).transpose(1, 2) for x, n in ((q, heads), (k, kvHeads), (v, kvHeads)))
    out = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
    scores = q @ k.repeat_interleave(heads // kvHeads, 1).mT / q.shape[-1] ** 0.5
    future = torch.ones(context, context, dtype=torch.bool).triu(1)
    return out.transpose(1, 2).reshape(batch, context, -1), scores.masked_fill(future, -torch.inf).logsumexp(-1)


def linear_cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor):
    logits = F.linear(hidden, weight)
    return F.cross_entropy(logits, targets), logits.logsumexp(-1)


def clip_by_global_norm(*grads: Tensor, maxNorm: float):
    held = [torch.nn.Parameter(torch.zeros_like(grad)) for grad in grads]
    for parameter, grad in zip(held, grads):
        parameter.grad = grad.clone()
    norm = torch.nn.utils.clip_grad_norm_(held, maxNorm)
    return (held[0].grad / grads[0]).flatten()[0], norm


def adamw(param, grad, m, v, gradScale, lr, step, *, beta1, beta2, eps, weightDecay, lrMultiplier):
    assert lrMultiplier == 1 or weightDecay == 0, "PyTorch knows no such multiplier; without decay it is a factor of lr"
    held = torch.nn.Parameter(param.clone())
    held.grad = grad * gradScale
    optimizer = torch.optim.AdamW([held], lr=lr.item() * lrMultiplier, betas=(beta1, beta2), eps=eps, weight_decay=weightDecay)
    state = {"step": torch.tensor(float(step.item() - 1)), "exp_avg": m.clone(), "exp_avg_sq": v.clone()}
    optimizer.state[held] = state
    optimizer.step()
    return held.detach(), state["exp_avg"], state["exp_avg_sq"]


def guarded_adamw(param, grad, m, v, gradScale, lr, step, **attrs):
    return adamw(param, grad, m, v, gradScale, lr, step, **attrs) if gradScale > 0 else (param, m, v)


OPS = {
    "abs": torch.abs,
    "add": torch.add,
    "after": lambda x, cause: x + 0 * cause.sum() if cause.is_floating_point() else x,
    "and": torch.logical_and,
    "argMax": lambda x, axis: torch.from_numpy(np.asarray(np.argmax(x.numpy(), axis))),
    "broadcast": lambda x, shape: x.broadcast_to(shape),
    "cast": cast,
    "concat": lambda *xs, axis: torch.cat(xs, axis),
    "constant": lambda value: tensor(value),
    "cos": torch.cos,
    "div": torch.div,
    "equal": torch.eq,
    "exp": torch.exp,
    "floor": torch.floor,
    "gather": lambda table, indices: table[indices],
    "iota": iota,
    "less": torch.lt,
    "log": torch.log,
    "matmul": matmul,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "mul": torch.mul,
    "neg": torch.neg,
    "not": torch.logical_not,
    "pad": pad,
    "reduceMax": lambda x, axes, keepDims: x.amax(axes, keepDims),
    "reduceSum": lambda x, axes, keepDims: x.sum(axes, keepDims),
    "reshape": lambda x, shape: x.reshape(shape),
    "rsqrt": torch.rsqrt,
    "scatterAdd": scatter_add,
    "select": torch.where,
    "sigmoid": torch.sigmoid,
    "sin": torch.sin,
    "slice": lambda x, start, end: x[tuple(slice(a, b) for a, b in zip(start, end))],
    "sqrt": torch.sqrt,
    "sub": torch.sub,
    "tanh": torch.tanh,
    "transpose": lambda x, permutation: x.permute(permutation),
    "adamw": adamw,
    "guardedAdamw": guarded_adamw,
    "causalAttention": causal_attention,
    "clipByGlobalNorm": clip_by_global_norm,
    "klDivergence": lambda of, source: F.kl_div(source.log_softmax(-1), of.log_softmax(-1), reduction="batchmean", log_target=True),
    "linearCrossEntropy": linear_cross_entropy,
    "replaceRow": lambda x, row, position: x.index_copy(-2, position.reshape(1), row),
    "rmsNorm": rms_norm,
    "rope": rope,
    "softmax": lambda x: x.softmax(-1),
    "swiglu": lambda gate, up: F.silu(gate) * up,
    "swigluGrad": swiglu_grad,
}


def numbers(x: Tensor) -> list:
    """Flat values, floats to 14 digits. JSON has no infinity or NaN, so these are strings, as JavaScript writes them."""
    flat = x.detach().flatten().tolist()
    return [spelled(v) for v in flat] if x.is_floating_point() else [int(v) for v in flat]


def spelled(v: float) -> float | str:
    if math.isfinite(v):
        return float(f"{v:.14g}")
    return "NaN" if math.isnan(v) else "Infinity" if v > 0 else "-Infinity"


def golden(name: str, sample: dict) -> dict:
    inputs = [tensor(host) for host in sample["inputs"]]
    wanted = [inputs[int(which[1:])] for which in sample["gradients"]] if name not in NO_AUTOGRAD else []
    for x in wanted:
        x.requires_grad_()
    results = OPS[name](*inputs, **sample["attrs"])
    outputs = list(results) if isinstance(results, (tuple, list)) else [results]
    entry = {"outputs": [numbers(y) for y in outputs]}
    if wanted:
        loss = (outputs[0] * tensor(sample["weights"])).sum()
        entry["gradients"] = [numbers(grad) for grad in torch.autograd.grad(loss, wanted)]
    return entry


# PyTorch computes these in place or detached; autograd does not reach their inputs.
NO_AUTOGRAD = {"clipByGlobalNorm", "swigluGrad", "adamw", "guardedAdamw"}

if __name__ == "__main__":
    ops = json.load(sys.stdin)
    entries = {op["name"]: [golden(op["name"], sample) for sample in op["samples"]] for op in ops if op["name"] in OPS}
    json.dump({"versions": {"torch": torch.__version__}, "ops": entries}, sys.stdout, separators=(",", ":"))
    print()
