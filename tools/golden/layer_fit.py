"""How a configuration class of transformers fills a list of one entry per layer that config.json leaves out."""

import copy
import inspect
import random
import re

DEPTHS = (1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 17, 24, 30)


def made(cls, n, **fields):
    """The class at a depth; None if it refuses that depth."""
    try:
        return cls(num_hidden_layers=n, **fields)
    except Exception:
        return None


def value(cls, n, field, **fields):
    # A class may modify the list that it is given.
    config = made(cls, n, **copy.deepcopy(fields))
    found = None if config is None else attribute(config, field)
    return list(found) if isinstance(found, (list, tuple)) else None


def attribute(config, name):
    """As `getattr`; None if the class refuses to give it for all layers at once."""
    try:
        return getattr(config, name, None)
    except Exception:
        return None


def lists_of(cls):
    """Attributes that have one entry per layer at every depth that the class accepts."""
    at = {n: config for n in (5, 7, 11, 12) if (config := made(cls, n)) is not None}
    if not at:
        return []
    names = [name for name in vars(next(iter(at.values()))) if not name.startswith("_")]
    found = []
    for name in names:
        values = {n: attribute(config, name) for n, config in at.items()}
        if len(at) > 1 and all(isinstance(v, (list, tuple)) and len(v) == n for n, v in values.items()):
            # A list of all layer indices counts as a list of layer indices.
            if any(list(v) != list(range(n)) for n, v in values.items()):
                found.append(name)
    return found


def named(cls, field):
    """Fields that the class's code names."""
    source = inspect.getsource(cls)
    names = set(re.findall(r"self\.(\w+)", source))
    names |= set(re.findall(r"""(?:kwargs\.(?:get|pop)|getattr)\((?:self, )?["'](\w+)["']""", source))
    return sorted(name for name in names - {field, "num_hidden_layers"} if not callable(getattr(cls, name, None)))


def drawn(cls, field, times=150, fixed=None):
    """The list at random values of the fields that the class's code names, several at once."""
    draw, names = random.Random(2), named(cls, field)
    names = [name for name in names if isinstance(getattr(cls, name, None), (int, type(None)))]
    for _ in range(times):
        fields = {}
        for name in names:
            if draw.random() < 0.6:
                kind = getattr(cls, name, None)
                fields[name] = draw.random() < 0.5 if isinstance(kind, bool) else draw.choice((1, 2, 3, 5))
        found = value(cls, 13, field, **{**fields, **(fixed or {})})
        if found is not None:
            yield found


def parameters_of(cls, field):
    """Fields on which the list depends, found by changing each that the class's code names."""
    plain = value(cls, 13, field)
    found = []
    for name in named(cls, field):
        for other in (1, 2, 3, 5, True, False):
            changed = value(cls, 13, field, **{name: other})
            if changed is not None and changed != plain:
                found.append(name)
                break
    return found


def every(n, period, at, hit, miss):
    return [hit if i % period == at else miss for i in range(n)]


def fit_default(cls, field):
    """The rule of a silent field, or None: see `DefaultRule` in layer-rules/rules.ts."""
    plain = {n: v for n in DEPTHS if (v := value(cls, n, field)) is not None and len(v) == n}
    if not plain:
        # A field without a default decides nothing when config.json leaves it out.
        return {"kind": "same"} if all(value(cls, n, field) is None for n in DEPTHS) else None
    if hasattr(cls, "max_window_layers") and (rule := fit_window(cls, field)):
        return rule
    parameters = parameters_of(cls, field)
    uniform = all(len(set(map(str, v))) == 1 for v in plain.values())
    if uniform and all(len(set(map(str, v))) == 1 for v in drawn(cls, field)):
        return {"kind": "same"}
    if uniform or "sliding_window" in parameters:
        return fit_gate(cls, field)
    if not parameters:
        return fit_plain(plain)
    for parameter in parameters:
        others = [p for p in parameters if p != parameter]
        rule = fit_parameter(cls, field, parameter)
        if rule and not others:
            return rule
    return None


def fit_plain(plain):
    longest = plain[max(plain)]
    if all(len(set(map(str, v))) == 1 for v in plain.values()):
        return {"kind": "same"}
    for period in range(2, 9):
        cycle = longest[:period]
        if all(v == [cycle[i % period] for i in range(n)] for n, v in plain.items()):
            return {"kind": "cycle", "cycle": cycle}
    for first in range(1, 12):
        if all(v == longest[:1] * min(first, n) + longest[-1:] * max(0, n - first) for n, v in plain.items()):
            return {"kind": "first", "count": first, "first": longest[0], "rest": longest[-1]}
    for period in range(2, 9):
        cycle = longest[:period]
        fits = [v[:-1] == [cycle[i % period] for i in range(n - 1)] and v[-1] == longest[-1] for n, v in plain.items()]
        if all(fits):
            return {"kind": "cycle", "cycle": cycle, "last": longest[-1]}
    return None


def fit_parameter(cls, field, parameter):
    """One number in config.json: a period, or how many layers come first."""
    seen = value(cls, 13, field, **{parameter: 3})
    if seen is None or len(set(map(str, seen))) != 2:
        return None
    tests = [(n, p) for n in (4, 7, 13) for p in (1, 2, 3, 4, 5)]
    for kind in ("every", "from", "first"):
        def shape(n, p):
            if kind == "first":
                return seen[:1] * min(p, n) + seen[-1:] * max(0, n - p)
            at = 2 if kind == "every" else 0
            hit, miss = seen[at], seen[1]
            return every(n, p, p - 1 if kind == "every" else 0, hit, miss)
        found = [(value(cls, n, field, **{parameter: p}), shape(n, p)) for n, p in tests]
        if all(real is None or real == fitted for real, fitted in found) and any(real for real, _ in found):
            depths = [n for n in (7, 13, 24, 30) if value(cls, n, field) is not None]
            counts = range(0 if kind == "first" else 1, 33)
            default = next((d for d in counts if all(value(cls, n, field) == shape(n, d) for n in depths)), None)
            if kind == "first":
                return {"kind": "first", "count": parameter, "default": default, "first": seen[0], "rest": seen[-1]}
            hit, miss = (seen[2] if kind == "every" else seen[0]), seen[1]
            at = "end" if kind == "every" else "start"
            return {"kind": "every", "period": parameter, "default": default, "at": at, "hit": hit, "miss": miss}
    return None


def fit_gate(cls, field):
    """All layers alike as long as one field is off."""
    for gate in named(cls, field):
        off = False if isinstance(getattr(cls, gate, None), bool) else None
        lists = list(drawn(cls, field, 300, {gate: off}))
        if lists and all(len(set(map(str, v))) == 1 for v in lists):
            return {"kind": "same", "gate": gate, "default": bool(getattr(cls, gate, None))}
    return None


def fit_window(cls, field):
    """Qwen2's: the layers from `max_window_layers` on have a window, where `use_sliding_window` is set."""
    words = {True: "sliding_attention", False: "full_attention"}
    for use in (True, False):
        for first in (0, 2, 5, 20):
            real = value(cls, 9, field, use_sliding_window=use, sliding_window=16, max_window_layers=first)
            if real != [words[use and i >= first] for i in range(9)]:
                return None
    return {"kind": "window", "first": cls.max_window_layers, "use": cls.use_sliding_window, "size": cls.sliding_window}


def is_kept(cls, field):
    """Whether a list that config.json states is taken as it stands, whatever its order."""
    draw = random.Random(0)
    plain = value(cls, 7, field)
    values = sorted({str(v): v for n in DEPTHS for v in value(cls, n, field) or []}.items())
    for _ in range(6):
        given = [draw.choice(values)[1] for _ in range(7)]
        if value(cls, 7, field, **{field: given}) != given:
            return False
    return plain is not None


def forced_last(cls, field):
    """What the last layer is whatever the list says, where that is all that is not kept; None otherwise."""
    draw = random.Random(3)
    values = sorted({str(v): v for n in DEPTHS for v in value(cls, n, field) or []}.items())
    forced = set()
    for _ in range(12):
        given = [draw.choice(values)[1] for _ in range(7)]
        found = value(cls, 7, field, **{field: given})
        if found is None or found[:-1] != given[:-1]:
            return None
        forced.add(str(found[-1]))
    return forced.pop() if len(forced) == 1 else None


def leader_of(cls, field, lists):
    """Another list from which this one is made if only the other is stated; None if there is none."""
    plain, draw = value(cls, 7, field), random.Random(1)
    for other in lists:
        values = sorted({str(v): v for v in value(cls, 13, other) or []}.items())
        if other == field or not values:
            continue
        for _ in range(4):
            given = {other: [draw.choice(values)[1] for _ in range(7)]}
            changed = value(cls, 7, field, **given)
            if changed is not None and changed != plain:
                return other
    return None


def older_names(cls, field, rule):
    """Other names under which older files say what the list says, as far as the class's code takes such names."""
    names = re.findall(r"""kwargs\.(?:get|pop)\(\s*["'](\w+)["']""", inspect.getsource(cls))
    found = {name for name in names if re.search("layer|pattern|ratio|moe|attn|linear|freq|interval|period|idx", name)}
    own = {rule.get("period"), rule.get("count")} if rule else set()
    return sorted((found | listed_in(cls, field)) - own - {"rope_local_base_freq"})


def listed_in(cls, field):
    """Declared fields, absent by default, that decide the list if they list layers by number."""
    plain = value(cls, 7, field)
    absent = [name for name in named(cls, field) if name not in vars(made(cls, 7) or cls) or attribute(cls, name) is None]
    given = [[0, 2], [1, 2, 3], [1, 3, 5]]
    return {
        name
        for name in absent
        if plain is not None and not name.startswith("_")
        and any(found not in (None, plain) for found in (value(cls, 7, field, **{name: layers}) for layers in given))
    }


def numberings_of(cls):
    """Attributes that list all layers by number, at every depth that the class accepts."""
    at = {n: config for n in (5, 7, 11, 12) if (config := made(cls, n)) is not None}
    names = [name for name in vars(next(iter(at.values()))) if not name.startswith("_")] if len(at) > 1 else []
    return [name for name in names if all(is_range(attribute(config, name), n) for n, config in at.items())]


def is_range(found, n):
    return isinstance(found, (list, tuple)) and list(found) == list(range(n))
