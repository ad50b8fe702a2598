"""The configuration of a stage in the form of torchtitan 0.3's config registry."""

import json
import os
import pathlib
import re
from dataclasses import dataclass
from functools import partial

import torch.nn as nn
from torchtitan.components.checkpoint import CheckpointManager
from torchtitan.components.loss import CrossEntropyLoss
from torchtitan.components.metrics import MetricsProcessor
from torchtitan.components.optimizer import LRSchedulersContainer, OptimizersContainer, ParamGroupConfig
from torchtitan.config import ParallelismConfig, TrainingConfig
from torchtitan.distributed.activation_checkpoint import FullAC
from torchtitan.models.common import ComplexRoPE, Embedding, Linear, RMSNorm
from torchtitan.models.common.config_utils import get_attention_config, make_ffn_config, make_gqa_config
from torchtitan.models.llama3 import parallelize_llama
from torchtitan.models.llama3.model import Llama3Model, Llama3TransformerBlock
from torchtitan.models.llama3.state_dict_adapter import Llama3StateDictAdapter
from torchtitan.protocols.model_spec import ModelSpec
from torchtitan.trainer import Trainer

from .data import StageDataLoader
from .names import titan_name


def folder():
    return pathlib.Path(os.environ["CAMBIUM_STAGE"])


def job():
    return json.loads((folder() / "job.json").read_text())


# The weights come from a checkpoint, so their initial values do not matter.
LINEAR = {"weight": nn.init.zeros_, "bias": nn.init.zeros_}
ONES = {"weight": nn.init.ones_}


def model(config):
    dim, heads = config["hidden_size"], config["num_attention_heads"]
    kv_heads = config.get("num_key_value_heads", heads)
    vocab, eps = config["vocab_size"], config["rms_norm_eps"]
    rope = ComplexRoPE.Config(
        dim=dim // heads,
        max_seq_len=config["max_position_embeddings"],
        theta=(config.get("rope_parameters") or config)["rope_theta"],
        scaling="none",
    )
    norm = partial(RMSNorm.Config, normalized_shape=dim, eps=eps, param_init=ONES)
    layers = [
        Llama3TransformerBlock.Config(
            attention_norm=norm(),
            ffn_norm=norm(),
            attention=make_gqa_config(
                dim=dim,
                n_heads=heads,
                n_kv_heads=kv_heads,
                wqkv_param_init=LINEAR,
                wo_param_init=LINEAR,
                inner_attention=get_attention_config("flex"),
                fuse_qkv=False,
                rope=rope,
            ),
            feed_forward=make_ffn_config(
                dim=dim,
                hidden_dim=config["intermediate_size"],
                w1_param_init=LINEAR,
                w2w3_param_init=LINEAR,
            ),
        )
        for _ in range(config["num_hidden_layers"])
    ]
    return Llama3Model.Config(
        dim=dim,
        vocab_size=vocab,
        enable_weight_tying=config["tie_word_embeddings"],
        tok_embeddings=Embedding.Config(num_embeddings=vocab, embedding_dim=dim, param_init={"weight": nn.init.zeros_}),
        norm=norm(),
        lm_head=Linear.Config(in_features=dim, out_features=vocab, param_init=LINEAR),
        layers=layers,
    )


class StageRates(LRSchedulersContainer):
    """Rates by step from rates.f64; each group's base rate is a factor on them."""

    @dataclass(kw_only=True, slots=True)
    class Config(LRSchedulersContainer.Config):
        def build(self, *, optimizers, training_steps):
            import numpy

            table = numpy.fromfile(folder() / "rates.f64", "<f8").reshape(training_steps, -1)
            return StageRates(optimizers, lambda step: float(table[min(step, training_steps - 1), 0]))


def optimizer(settings):
    common = {"betas": (settings["optimizer"]["beta1"], settings["optimizer"]["beta2"]), "eps": settings["optimizer"]["eps"]}
    groups = [
        ParamGroupConfig(
            pattern="^(" + "|".join(re.escape(titan_name(name)) for name in group["parameters"]) + ")$",
            optimizer_name="AdamW",
            optimizer_kwargs={**common, "lr": group["rate"], "weight_decay": group["weightDecay"]},
        )
        for group in settings["groups"]
    ]
    return OptimizersContainer.Config(param_groups=groups)


def stage() -> Trainer.Config:
    settings = job()
    config = json.loads((folder() / "start" / "config.json").read_text())
    spec = ModelSpec(
        name="llama3",
        flavor="cambium",
        model=model(config),
        parallelize_fn=parallelize_llama,
        pipelining_fn=None,
        post_optimizer_build_fn=None,
        state_dict_adapter=Llama3StateDictAdapter,
    )
    parallel = settings["parallelism"]
    return Trainer.Config(
        dump_folder=str(folder()),
        hf_assets_path=str(folder() / "start"),
        model_spec=spec,
        loss=CrossEntropyLoss.Config(global_vocab_size=config["vocab_size"]),
        tokenizer=None,
        optimizer=optimizer(settings),
        lr_scheduler=StageRates.Config(),
        dataloader=StageDataLoader.Config(),
        training=TrainingConfig(
            local_batch_size=settings["batch"],
            global_batch_size=settings["batch"] * settings["accumulation"] * settings["ranks"],
            seq_len=settings["context"],
            max_norm=settings["optimizer"]["clip"] or float("inf"),
            steps=settings["steps"],
            mixed_precision_param="bfloat16" if settings["bf16"] else "float32",
        ),
        parallelism=ParallelismConfig(
            data_parallel_replicate_degree=1,
            data_parallel_shard_degree=-1,
            tensor_parallel_degree=parallel["tensor"],
            context_parallel_degree=parallel["context"],
        ),
        activation_checkpoint=FullAC.Config() if settings["recompute"] else None,
        metrics=MetricsProcessor.Config(log_freq=1, disable_color_printing=True),
        checkpoint=CheckpointManager.Config(
            enable=True,
            folder="checkpoint",
            interval=settings["checkpointSteps"],
            keep_latest_k=2,
            last_save_model_only=False,
            initial_load_path=str(folder() / "initial"),
            initial_load_model_only=False,
        ),
    )
