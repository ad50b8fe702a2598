"""Every decoder class of the installed transformers, grown: equal to its own layers in that order, or refused by name.

    python tools/golden/layer_matrix.py [TYPE …] > matrix.json

Needs the built packages (`npm run build`). For each model type that AutoModelForCausalLM knows a small random model is
saved as transformers writes it (`stated`) and once more without the lists that its class fills in by itself (`silent`);
both are grown by stack, by interpolation and by an explicit list. The expectation is the source's own layer modules,
copied in that order in Python. Logits must be equal to 1e-5 of the largest; both run the same code on the same values, so
that they are nearly always equal to the bit.
"""

import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

import torch
import transformers
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from layer_models import LAYERS, OWN, config_of, spread, stack_of

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity(transformers.logging.CRITICAL)
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
NUMBERS = ("attn_layer_indices", "full_attn_idxs", "moe_layers", "cross_attention_layers")
GROWTHS = [
    ("stack", {"factor": 2}),
    ("interpolation", {"factor": 2}),
    ("explicit", {"map": [0, 1, 2, 1, 3, 2, 4]}),
    ("explicit", {"map": [0, 1, 2, 3, 4, 4]}),
]


class Grower:
    def __init__(self):
        command = ["node", os.path.join(HERE, "grow-many.mjs")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def grow(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def load(path):
    model, info = AutoModelForCausalLM.from_pretrained(
        path, output_loading_info=True, dtype=torch.float32, attn_implementation="eager"
    )
    return model.eval(), {key: sorted(map(str, found)) for key, found in info.items() if found}


def logits(model):
    torch.manual_seed(1)
    ids = torch.randint(3, 60, (1, 20))
    with torch.no_grad():
        return model(input_ids=ids, use_cache=False).logits


def expected(source, layers):
    """The source with its own layers, and its config's lists of one entry per layer, copied in that order."""
    model = copy.deepcopy(source)
    owner, name = stack_of(model)
    old = getattr(owner, name)
    setattr(owner, name, torch.nn.ModuleList([copy.deepcopy(old[i]) for i in layers]))
    # Layers may hold the config; each copied layer then has its own copy of it, and all of them must be changed.
    configs = {id(m.config): m.config for m in model.modules() if hasattr(m, "config")}.values()
    for config in configs:
        if getattr(config, "num_hidden_layers", None) != len(old):
            continue
        for key, value in list(vars(config).items()):
            if isinstance(value, (list, tuple)) and len(value) == len(old) and key not in NUMBERS:
                config.__dict__[key] = [value[i] for i in layers]
        for key in NUMBERS:
            if isinstance(numbers := vars(config).get(key), list):
                config.__dict__[key] = [place for place, i in enumerate(layers) if i in numbers]
        try:
            config.num_hidden_layers = len(layers)
        except Exception:
            pass
    # Where layers begin that share keys and values; here none does.
    if hasattr(owner, "first_kv_shared_layer_idx"):
        owner.first_kv_shared_layer_idx = len(layers)
    for place, layer in enumerate(getattr(owner, name)):
        for module in layer.modules():
            for key in ("layer_idx", "layer_id"):
                if isinstance(getattr(module, key, None), int):
                    setattr(module, key, place)
    return model


def silence(path, cls):
    """Takes out of config.json the lists that the class fills in the same way by itself. @returns their names"""
    file = os.path.join(path, "config.json")
    with open(file) as stream:
        config = json.load(stream)
    dropped = []
    for key, value in list(config.items()):
        if not isinstance(value, list) or len(value) != LAYERS or key == "architectures":
            continue
        rest = {k: v for k, v in config.items() if k not in [*dropped, key]}
        try:
            made = cls.from_dict(dict(rest))
            same = list(getattr(made, key)) == value
        except Exception:
            same = False
        if same:
            dropped.append(key)
    with open(file, "w") as stream:
        json.dump({k: v for k, v in config.items() if k not in dropped}, stream, indent=2)
    return dropped


def compare(grower, source, info, path, out, operator, options):
    shutil.rmtree(out, ignore_errors=True)
    answer = grower.grow(**{"from": path, "to": out, "operator": operator, "options": options})
    if "refused" in answer:
        wrote = os.path.exists(out)
        return {"refused": answer["refused"], "code": answer["code"], **({"wrote": True} if wrote else {})}
    try:
        wanted = logits(expected(source, answer["layers"]))
    except Exception as error:
        return {"no oracle": repr(error)[:200]}
    try:
        grown, there = load(out)
        got = logits(grown)
    except Exception as error:
        return {"WRONG": f"does not load: {error!r}"[:300]}
    off = float((wanted - got).abs().max() / wanted.abs().max())
    strange = {key: found[:3] for key, found in there.items() if key not in info}
    if strange or not off <= 1e-5:
        return {"WRONG": off, **strange}
    return {"equal": off}


def of_type(name, grower, root):
    cls = CONFIG_MAPPING[name]
    if getattr(cls, "sub_configs", None):
        return {"not made": "a composite: its parts are types of their own"}
    if name in OWN and OWN[name] is None:
        return {"not made": "its layers are not counted by num_hidden_layers"}
    path = os.path.join(root, name)
    try:
        config = config_of(cls, name)
        config.is_decoder = True
        model = spread(AutoModelForCausalLM.from_config(config)).eval()
        model.save_pretrained(path)
    except Exception as error:
        return {"not made": repr(error)[:300].replace("\n", " ")}
    try:
        source, info = load(path)
        if not bool(torch.isfinite(logits(source)).all()):
            return {"not made": "its logits are not finite"}
    except Exception as error:
        return {"not made": f"does not run: {error!r}"[:300].replace("\n", " ")}
    if stack_of(source)[0] is None:
        return {"not made": "no stack of layers was found in it"}
    found = {}
    for variant in ("stated", "silent"):
        if variant == "silent" and not silence(path, cls):
            break
        for i, (operator, options) in enumerate(GROWTHS):
            words = operator if operator != "explicit" else f"explicit {i - 1}"
            found[f"{variant} {words}"] = compare(grower, source, info, path, f"{path}-out", operator, options)
    shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(f"{path}-out", ignore_errors=True)
    return found


def main():
    names = sys.argv[1:] or sorted(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
    grower, table = Grower(), {}
    with tempfile.TemporaryDirectory() as root:
        for name in names:
            try:
                table[name] = of_type(name, grower, root)
            except Exception as error:
                table[name] = {"not made": repr(error)[:300].replace("\n", " ")}
            words = {k: next(iter(v)) for k, v in table[name].items()} if "not made" not in table[name] else table[name]
            print(name, json.dumps(words)[:300], file=sys.stderr, flush=True)
    print(json.dumps({"transformers": transformers.__version__, "types": table}, indent=1))


if __name__ == "__main__":
    main()
