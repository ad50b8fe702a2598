"""Converts a checkpoint of a stage to torchtitan's format and back: `convert.py to|from FOLDER`.

`to` converts `start` of the stage's folder to `initial`; `from` converts the newest checkpoint of torchtitan in `checkpoint` to
one in `saved`. A checkpoint of ours is a Hugging Face directory with AdamW's moments and state.json beside; DCP is what torch.distributed.checkpoint
writes. Rows of q and k, and of their moments, are put in the order of torchtitan's RoPE.
"""

import json
import os
import pathlib
import shutil
import sys

import torch
import torch.distributed.checkpoint as dcp
from safetensors import safe_open
from safetensors.torch import save_file

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from cambium_titan.names import from_titan, heads_of, titan_name, to_titan  # noqa: E402

MOMENTS = {"m:": "exp_avg", "v:": "exp_avg_sq"}


def read_all(checkpoint, pattern):
    found = {}
    for file in sorted(checkpoint.glob(pattern)):
        with safe_open(file, "pt") as opened:
            found.update({name: opened.get_tensor(name) for name in opened.keys()})
    return found


def to(checkpoint, target, job):
    config = json.loads((checkpoint / "config.json").read_text())
    state = json.loads((checkpoint / "state.json").read_text())
    parameters = read_all(checkpoint, "model*.safetensors")
    moments = read_all(checkpoint, "moments*.safetensors")
    if config["tie_word_embeddings"]:
        # torchtitan saves the tied table under both names.
        tied = {"lm_head.weight": parameters["model.embed_tokens.weight"]}
    else:
        tied = {}
    model = {titan_name(name): to_titan(tensor, heads_of(name, config)) for name, tensor in {**parameters, **tied}.items()}
    optimizer = {}
    for group in job["groups"]:
        options = group_options(group, job["optimizer"])
        for name in group["parameters"]:
            place = titan_name(name)
            optimizer[f"state.{place}.step"] = torch.tensor(float(state["updates"]))
            for prefix, key in MOMENTS.items():
                optimizer[f"state.{place}.{key}"] = to_titan(moments[prefix + name], heads_of(name, config))
            optimizer.update({f"param_groups.{place}.{key}": value for key, value in options.items()})
    content = {
        **model,
        "optimizer": optimizer,
        "lr_scheduler": {"last_epoch": state["step"]},
        "dataloader": {"read": state["step"] * job["accumulation"]},
        "train_state": {"step": state["step"], "ntokens_seen": state["tokens"]},
    }
    scratch = target.with_name(f".{target.name}.scratch")
    shutil.rmtree(scratch, ignore_errors=True)
    dcp.save(content, checkpoint_id=scratch, no_dist=True)
    shutil.rmtree(target, ignore_errors=True)
    os.rename(scratch, target)


def group_options(group, optimizer):
    """The options of a group under this torch's names, with torchtitan's own added."""
    weight = torch.nn.Parameter(torch.zeros(1))
    betas = (optimizer["beta1"], optimizer["beta2"])
    made = torch.optim.AdamW(
        [("weight", weight)], lr=group["rate"], betas=betas, eps=optimizer["eps"], weight_decay=group["weightDecay"], fused=True
    )
    options = made.state_dict()["param_groups"][0]
    return {key: value for key, value in {**options, "initial_lr": group["rate"]}.items() if key not in ("params", "param_names")}


def back(checkpoint, source, job, beside):
    """Writes our checkpoint from the one that torchtitan saved in `source`; config.json comes from `beside`."""
    config = json.loads((beside / "config.json").read_text())
    names = [name for group in job["groups"] for name in group["parameters"]] + job["frozen"]
    empty = lambda entry: torch.empty(entry.size, dtype=entry.properties.dtype)  # noqa: E731
    metadata = dcp.FileSystemReader(source).read_metadata().state_dict_metadata
    places = {titan_name(name) for name in names}
    moments = {f"optimizer.state.{place}.{key}" for place in places for key in ("step", *MOMENTS.values())}
    wanted = {key: empty(entry) for key, entry in metadata.items() if (key in places or key in moments) and hasattr(entry, "size")}
    dcp.load(wanted, checkpoint_id=source, no_dist=True)
    progress = {"train_state.step": None, "train_state.ntokens_seen": None}
    progress = {key: value for key, value in progress.items() if key in metadata}
    dcp.load(progress, checkpoint_id=source, no_dist=True)
    trained = [name for group in job["groups"] for name in group["parameters"]]
    parameters = {name: from_titan(wanted[titan_name(name)], heads_of(name, config)) for name in names}
    held = {
        prefix + name: from_titan(wanted[f"optimizer.state.{titan_name(name)}.{key}"], heads_of(name, config))
        for name in trained
        for prefix, key in MOMENTS.items()
    }
    step = int(progress["train_state.step"])
    state = {
        **{"step": step, "tokens": step * job["batch"] * job["accumulation"] * job["ranks"] * job["context"]},
        **{"updates": int(wanted[f"optimizer.state.{titan_name(trained[0])}.step"].item()), "seconds": 0.0},
    }
    scratch = checkpoint.with_name(f".{checkpoint.name}.scratch")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    shutil.copyfile(beside / "config.json", scratch / "config.json")
    save_file(parameters, scratch / "model.safetensors", metadata={"format": "pt"})
    save_file(held, scratch / "moments.safetensors", metadata={"format": "pt"})
    (scratch / "state.json").write_text(json.dumps(state))
    shutil.rmtree(checkpoint, ignore_errors=True)
    os.rename(scratch, checkpoint)


if __name__ == "__main__":
    way, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    settings = json.loads((folder / "job.json").read_text())
    if way == "to":
        to(folder / "start", folder / "initial", settings)
    else:
        done = [path for path in (folder / "checkpoint").glob("step-*") if (path / ".metadata").exists()]
        newest = max(done, key=lambda path: int(path.name[5:]))
        back(folder / "saved" / newest.name, newest, settings, folder / "start")
