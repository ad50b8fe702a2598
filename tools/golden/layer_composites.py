"""Models of text with images or sound, and others without a causal head, grown: their layers are copies, all else stays.

    python tools/golden/layer_composites.py [TYPE …] > composites.json

Needs the built packages (`npm run build`). Many of these models need images or sound to run, so that modules are compared
instead of logits: transformers opens both folders; exactly one stack of layers may have grown, the decoder's; each of its
layers must have the modules, plain attributes, weights and buffers of the source layer that it copies, and no tensor may
be missing or left over. Each type is tried with config.json as transformers writes it and once more without the lists
that a class fills in by itself.
"""

import json
import os
import shutil
import sys
import tempfile
import warnings

import torch
import transformers
from transformers.models.auto import modeling_auto as auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from layer_matrix import Grower
from layer_models import LAYERS, SMALL, attempt, spread

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity(transformers.logging.CRITICAL)
GROWTHS = [("interpolation", {"factor": 2}), ("explicit", {"map": [0, 1, 2, 1, 3, 2, 4]})]
CLASSES = [
    auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES, auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    auto.MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES, auto.MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES,
    auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES, auto.MODEL_MAPPING_NAMES,
]
TOWERS = ("vision", "visual", "image", "audio", "speech", "codec")
# Sizes of towers, beside those of decoders.
MORE = dict(
    depth=4, num_heads=4, image_size=28, patch_size=14, out_hidden_size=32, num_mel_bins=16, num_blocks=2, embed_dim=32,
    projection_dim=32, hidden_dim=32, vision_feature_layer=-1, spatial_merge_size=1, temporal_patch_size=1,
    num_layers=LAYERS, n_layers=LAYERS, num_codebooks=4, num_query_tokens=2, use_timm_backbone=False,
)
TYPES = """aria audioflamingo3 aya_vision blip blip-2 clip cohere2_vision cohere_asr cosmos3_edge deepseek_vl embedding_gemma2
eurobert evolla fuyu gemma3 gemma4 git glm4v glm4v_moe got_ocr2 granite_speech higgs_audio_v2 hunyuan_vl idefics idefics2
idefics3 instructblip internvl lfm2_vl lfm3_vl llama4 llava llava_next llava_onevision minicpmv4_7 minimax_m3_vl mistral3
mistral4 mistral_large4 mllama moshi muse_glimmer nomic_bert openai_privacy_filter ovis2 paddleocr_vl paligemma
phi4_multimodal pocket_tts qianfan_ocr qwen2_5_omni_thinker qwen2_5_vl qwen2_audio qwen2_vl qwen3_5 qwen3_5_moe qwen3_asr
qwen3_omni_moe_thinker qwen3_vl qwen3_vl_moe sam3 smolvlm ultravbert unlimited_ocr video_llama_3 vipllava voxtral
voxtral_realtime""".split()


def small(cls):
    """A small config, its parts included. @raises what the class raises"""
    fields = {**MORE, **SMALL, "num_hidden_layers": LAYERS}
    names = getattr(cls, "attribute_map", None) or {}
    kept = {k: v for k, v in fields.items() if k in {*dir(cls), *names}}
    kept = {k: v for k, v in kept.items() if names.get(k) not in kept}
    for key, part in (getattr(cls, "sub_configs", None) or {}).items():
        try:
            kept[key] = small(type(getattr(cls(), key, None) or part())).to_dict()
        except Exception:
            pass
    return attempt(cls, kept)


def class_of(name):
    for names in CLASSES:
        found = names.get(name)
        found = found[0] if isinstance(found, (list, tuple)) else found
        if found and hasattr(transformers, found):
            return getattr(transformers, found)
    raise ValueError("no class")


def silence(path, config):
    """Takes out of config.json, and of its text_config, the lists that the class fills in alike. @returns whether any"""
    file = os.path.join(path, "config.json")
    with open(file) as stream:
        root = json.load(stream)
    dropped = False
    for part, cls in ((root, type(config)), (root.get("text_config") or {}, type(getattr(config, "text_config", None)))):
        for key in [k for k, v in part.items() if isinstance(v, list) and len(v) == LAYERS and k != "architectures"]:
            value = part.pop(key)
            try:
                same = list(getattr(cls.from_dict(dict(part)), key)) == value
            except Exception:
                same = False
            dropped |= same
            if not same:
                part[key] = value
    with open(file, "w") as stream:
        json.dump(root, stream, indent=2)
    return dropped


def differences(source, grown, layers):
    """What the grown model has that copies of the source's layers would not."""
    stacks = {n: len(m) for n, m in source.named_modules() if isinstance(m, torch.nn.ModuleList)}
    after = {n: len(m) for n, m in grown.named_modules() if isinstance(m, torch.nn.ModuleList)}
    changed = [n for n, count in stacks.items() if after.get(n) != count]
    if len(changed) != 1 or after.get(changed[0]) != len(layers) or any(word in changed[0] for word in TOWERS):
        return [f"these stacks grew: {changed}"]
    old, new = source.get_submodule(changed[0]), grown.get_submodule(changed[0])
    return [f"layer {t}: {what}" for t, f in enumerate(layers) for what in unlike(old[f], new[t])]


def unlike(a, b):
    ours, theirs = dict(a.named_modules()), dict(b.named_modules())
    if list(ours) != list(theirs):
        return ["other modules"]
    found = []
    for name, module in ours.items():
        for key, value in vars(module).items():
            if key in ("layer_idx", "layer_id") or key.startswith("_") or not isinstance(value, (int, float, str, tuple)):
                continue
            if vars(theirs[name]).get(key) != value:
                found.append(f"{name}.{key}")
    tensors = dict([*b.named_parameters(), *b.named_buffers()])
    for name, value in [*a.named_parameters(), *a.named_buffers()]:
        if name not in tensors or not torch.equal(value, tensors[name]):
            found.append(name)
    return found


def compare(grower, cls, path, operator, options):
    out = f"{path}-out"
    shutil.rmtree(out, ignore_errors=True)
    answer = grower.grow(**{"from": path, "to": out, "operator": operator, "options": options})
    if "refused" in answer:
        return {"refused": answer["refused"], **({"WRONG": "wrote"} if os.path.exists(out) else {})}
    try:
        source, before = cls.from_pretrained(path, output_loading_info=True, dtype=torch.float32)
        grown, after = cls.from_pretrained(out, output_loading_info=True, dtype=torch.float32)
    except Exception as error:
        return {"WRONG": f"does not load: {error!r}"[:300]}
    strange = [key for key, value in after.items() if value and not before.get(key)]
    found = [*strange, *differences(source, grown, answer["layers"])]
    return {"WRONG": found[:5]} if found else {"equal": len(answer["layers"])}


def of_type(name, grower, root):
    path = os.path.join(root, name)
    try:
        config, cls = small(CONFIG_MAPPING[name]), class_of(name)
        spread(cls(config)).save_pretrained(path)
    except Exception as error:
        return {"not made": repr(error)[:200].replace("\n", " ")}
    found = {}
    for variant in ("stated", "silent"):
        if variant == "silent" and not silence(path, config):
            break
        for operator, options in GROWTHS:
            found[f"{variant} {operator}"] = compare(grower, cls, path, operator, options)
    shutil.rmtree(path, ignore_errors=True)
    return found


def main():
    grower, table = Grower(), {}
    with tempfile.TemporaryDirectory() as root:
        for name in sys.argv[1:] or TYPES:
            try:
                table[name] = of_type(name, grower, root)
            except Exception as error:
                table[name] = {"not made": repr(error)[:200].replace("\n", " ")}
            print(name, json.dumps(table[name])[:300], file=sys.stderr, flush=True)
    print(json.dumps({"transformers": transformers.__version__, "types": table}, indent=1))


if __name__ == "__main__":
    main()
