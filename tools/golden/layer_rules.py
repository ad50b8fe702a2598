"""What the layer index decides, for every configuration class of the installed transformers.

    python tools/golden/layer_rules.py > packages/grow/src/node/layer-rules/generated/transformers.ts

Writes one line for each `model_type` whose layers are counted by `num_hidden_layers`, or whose `text_config` says so.
The lists that a class fills in by itself are found by instantiating it at several depths; how it fills them is fitted
(`fit_default` in layer_fit.py) and checked against the class. What modelling code reads by layer number is found in its
source (layer_reads.py) and must be known there: what is not becomes a refusal that quotes the expression.
"""

import json
import os
import re
import sys
import warnings

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING, CONFIG_MAPPING_NAMES, model_type_to_module_name

from layer_fit import attribute, fit_default, forced_last, is_kept, leader_of, lists_of, numberings_of, older_names
from layer_reads import KNOWN, reads_of
from layer_supplement import SUPPLEMENT

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
HEAD = """// What a layer's number decides, by model type: written by tools/golden/layer_rules.py, which says how. Do not edit.
import type { TypeRules } from "../rules.js";

/** The version of transformers whose classes were asked. */
export const asked = "%s";

export const types: Readonly<Record<string, TypeRules>> = {
"""
MODELS = os.path.join(os.path.dirname(transformers.__file__), "models")


def count_of(cls):
    """The name under which a class counts its layers."""
    return (getattr(cls, "attribute_map", None) or {}).get("num_hidden_layers", "num_hidden_layers")


def text_type(cls):
    """The `model_type` of a composite's text part; None for a class that is not composite."""
    sub = (getattr(cls, "sub_configs", None) or {}).get("text_config")
    if sub is None and not isinstance(getattr(cls, "sub_configs_defaults", None), dict):
        return None
    try:
        return cls().text_config.model_type
    except Exception:
        return None


def rules_of(name, cls, reads):
    """The entry of a type: see `TypeRules` in layer-rules/rules.ts."""
    entry = {}
    lists, fixed = {}, []
    filled = lists_of(cls)
    for field in filled:
        leader = leader_of(cls, field, filled)
        default = {"kind": "follows", "of": leader} if leader else fit_default(cls, field)
        lists[field] = default
    for expression in sorted(reads):
        rule = next((rule for pattern, rule in KNOWN if re.fullmatch(pattern, expression)), None)
        if rule is None:
            fixed.append({"because": f"its code reads {expression}"})
        elif "list" in rule:
            field = re.fullmatch(r".*?config\.(\w+)\[layer_\w+\].*", expression).group(1)
            if field not in lists:
                lists[field] = fit_default(cls, field)
        else:
            for key, value in rule.items():
                if key == "fixed":
                    if "zero" in value.get("unless", {}):
                        value = {**value, "unless": {"zero": defaults_in(cls, value["unless"]["zero"])}}
                    if value not in fixed:
                        fixed.append(value)
                else:
                    entry.setdefault(key, {}).update(defaults_in(cls, value))
    derived = {"kv_sharing_modes", "per_layer_config", "layers_num_experts"}
    fixed += [
        not_kept(cls, field)
        for field, rule in lists.items()
        if field not in derived and rule != {"kind": "same"} and not is_kept(cls, field)
    ]
    names = getattr(cls, "attribute_map", None) or {}
    lists = {names.get(field, field): rule for field, rule in lists.items() if field not in derived}
    for field, rule in lists.items():
        older = older_names(cls, field, rule)
        if older and rule and rule["kind"] != "follows":
            rule["unless"] = older
    aliases = {alias: field for alias, field in names.items() if field in lists}
    if lists:
        entry["lists"] = lists
    if aliases:
        entry["aliases"] = aliases
    if fixed:
        entry["fixed"] = fixed
    stated = {field for rule in SUPPLEMENT.get(name, {}).values() if isinstance(rule, dict) for field in rule}
    for field in numberings_of(cls):
        if field not in stated and field not in entry.get("numbers", {}):
            entry.setdefault("fixed", []).append({"because": f"its {field} names layers by number"})
    for key, value in SUPPLEMENT.get(name, {}).items():
        entry[key] = {**entry[key], **value} if isinstance(value, dict) and key in entry else value
        if entry[key] in ({}, [], None):
            del entry[key]
    return entry


def not_kept(cls, field):
    """Why a list that the class changes prevents growth, and when it does not."""
    last = forced_last(cls, field)
    if last is not None:
        return {"because": f"its last layer has {last}, whatever {field} says", "unless": {"ends": {field: last}}}
    return {"because": f"its {field} follows from the layer's number", "unless": {"default": field}}


def defaults_in(cls, value):
    """Field names with the class's own default."""
    plain = cls()
    return {
        field: getattr(cls, field, None) if isinstance(getattr(cls, field, None), (int, list)) else attribute(plain, field) or otherwise
        for field, otherwise in value.items()
    }


def counts_layers(cls):
    """Whether a class has a number of layers, under whatever name."""
    return hasattr(cls, count_of(cls))


def main():
    types = {}
    for name in sorted(CONFIG_MAPPING_NAMES):
        try:
            cls = CONFIG_MAPPING[name]
            text = text_type(cls)
        except Exception as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        if text is None and not counts_layers(cls):
            continue
        if text is not None and text != name:
            types[name] = {"text": text}
        elif count_of(cls) == "num_hidden_layers" and hasattr(cls, "__init__"):
            module = model_type_to_module_name(name)
            path = os.path.join(MODELS, module, f"modeling_{module}.py")
            reads = reads_of(path, cls) if os.path.exists(path) else set()
            try:
                types[name] = rules_of(name, cls, reads)
            except Exception as error:
                types[name] = {"fixed": [{"because": f"its configuration class says {str(error).splitlines()[0]}"}]}
                print(f"{name}: {error!r}", file=sys.stderr)
        else:
            # Growth counts layers by num_hidden_layers; another field would keep the old number.
            types[name] = {"fixed": [{"because": f"its layers are counted by {count_of(cls)}"}]}
    lines = [f"  {json.dumps(name)}: {json.dumps(entry)}," for name, entry in types.items()]
    print(HEAD % transformers.__version__ + "\n".join(lines) + "\n};")


if __name__ == "__main__":
    main()
