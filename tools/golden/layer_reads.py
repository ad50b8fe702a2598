"""What modelling code reads by layer index: expressions found in its source, and the meaning of each known one."""

import ast
import collections
import functools
import re

INDEX = {"layer_idx", "layer_id", "layer_number", "layer_index", "layer_num"}
COUNT = {"num_hidden_layers", "num_layers", "n_layers", "n_layer"}
STACK = re.compile(r"self\.(layers|h|blocks|layer)\b")
SKIPPED = re.compile(r"past_key|cache|is_updated|initializer_range|is None|is not None|_shape|buckets")

FIRST = {"first_k_dense_replace": 0}
SPARSE = {"mlp_only_layers": [], "decoder_sparse_step": 1, "num_experts": 0}
RANGE = {"moe_layer_start_index": 0, "moe_layer_end_index": -1, "moe_layer_interval": 1}

# An expression, as `reads_of` normalises it, and its rule; {} for one that does not matter for growth.
KNOWN = [
    (r"(config\.use_sliding_window and )?config\.\w+\[layer_\w+\]( (==|!=) '\w+'| in \(.*\))?( or None)?", {"list": True}),
    (r"config\.mlp_layer_types\[layer_idx\] == 'dense' and config\.prefix_dense_sliding_window_pattern == 1", {"list": True}),
    (r"layer_idx (>=|<) config\.first_k_dense_replace", {"first": FIRST}),
    (r"layer_idx (>=|<) config\.num_dense_layers", {"first": {"num_dense_layers": 0}}),
    (r"layer_idx not in config\.mlp_only_layers and \(config\.num_experts > 0 and .*decoder_sparse_step == 0\)", {"sparse": SPARSE}),
    (r"\(layer_idx \+ 1\) % config\.moe_layer_interval == 0 and .*moe_layer_end_index\)", {"range": RANGE}),
    (r"layer_idx in config\.moe_layers", {"numbers": {"moe_layers": None}}),
    (r"layer_idx in self\.cross_attention_layers", {"numbers": {"cross_attention_layers": None}}),
    (r"layer_idx in config\.rope_scaling_layers", {"numbers": {"rope_scaling_layers": None}}),
    (r"self\.rope_types\[layer_idx\]", {}),
    (r"BARE math\.sqrt\(config\.num_hidden_layers\)", {"scaled": {"scale_depth": 1}}),
    (r"config\.num_hidden_layers \* config\.hidden_size_per_layer_input|BARE .*per_layer.*", {"fixed": {
        "because": "a table of every layer's own inputs is as wide as the layers are many",
        "unless": {"zero": {"hidden_size_per_layer_input": 0}}}}),
    (r"config\.num_hidden_layers - config\.num_kv_shared_layers|layer_idx == self\.first_kv_shared_layer_idx", {"fixed": {
        "because": "its last layers share the keys and values of earlier ones", "unless": {"zero": {"num_kv_shared_layers": 0}}}}),
    (r"deepstack_visual_embeds\[layer_idx\]", {"fixed": {
        "because": "features of images enter behind its first layers", "unless": {"prefix": 3}}}),
    (r"layer_idx (!=|>) 0|self\.layer_id == 0", {"fixed": {
        "because": "its first layer is built unlike the others", "unless": {"anchor": "first"}}}),
    (r"layer_\w+ == config\.num_hidden_layers - 1", {"fixed": {
        "because": "its last layer is built unlike the others", "unless": {"anchor": "last"}}}),
    (r"-0\.3 \* layer_idx", {"fixed": {"because": "each layer's lambda_init follows from its number"}}),
    (r"1 - layer_idx / \(self\.num_hidden_layers - 1 .*", {"fixed": {
        "because": "the decay of its linear attention follows from the layer's number"}}),
    (r"2 \* \(layer_idx \+ 1\)", {"fixed": {"because": "each layer scales its residual by its number"}}),
    (r"layer_idx % config\.n_layers_per_attn_res_block == 0", {"fixed": {
        "because": "its residual blocks begin at fixed layer numbers"}}),
    (r"layer_idx \* 2 \+ i", {}),
    # The slot of a cache, a layer's own recorder, classes that are not the text decoder.
    (r"layer_idx \+ cycle_offset|hidden_states\[layer_idx\]|config\.num_hidden_layers > 0|mems\[layer_idx\]", {}),
    (r"torch\.ones\(num_layers\) / num_layers|BARE torch\.ones\(num_layers\)", {}),
    (r"BARE decoder_layers\.append|BARE nn\.ModuleList\(decoder_layers\)|BARE for layer_module in .*", {}),
    (r"\w+_outputs?\.hidden_states\[layer_idx\]|self\.text_config\.\w+.*|config\.text_config\.num_hidden_layers", {}),
]


@functools.cache
def all_reads(path):
    """Expressions by the configuration classes that the reading class's signature names."""
    with open(path) as file:
        tree = ast.parse(file.read())
    found = collections.defaultdict(set)
    for part in tree.body:
        if isinstance(part, (ast.ClassDef, ast.FunctionDef)):
            found[frozenset(annotations(part))] |= set(reads_in(part))
    return found


def annotations(part):
    for node in ast.walk(part):
        if isinstance(node, ast.arg) and node.annotation is not None:
            yield from re.findall(r"\w+Config\b", ast.unparse(node.annotation))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "config":
            yield from re.findall(r"\w+Config\b", ast.unparse(node.annotation))


def loops_over_layers(function):
    """Names of loop counters over layers."""
    for node in ast.walk(function):
        if not isinstance(node, (ast.For, ast.comprehension)):
            continue
        over, target = ast.unparse(node.iter), node.target
        if over.startswith("enumerate(") and STACK.search(over) and isinstance(target, ast.Tuple):
            if isinstance(target.elts[0], ast.Name):
                yield target.elts[0].id
        elif over.startswith("range(") and any(c in over for c in COUNT) and isinstance(target, ast.Name):
            yield target.id


def reads_in(part):
    parent = {child: node for node in ast.walk(part) for child in ast.iter_child_nodes(node)}
    for function in ast.walk(part):
        if not isinstance(function, ast.FunctionDef):
            continue
        if function.name in ("_init_weights", "__repr__") or re.search("load_balancing|cache|init_method", function.name):
            continue
        counters = set(loops_over_layers(function))
        for node in ast.walk(function):
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
            if name is None or not isinstance(node.ctx, ast.Load):
                continue
            if name in INDEX | COUNT or (isinstance(node, ast.Name) and name in counters):
                expression = read(node, parent, counters)
                if expression and not SKIPPED.search(expression):
                    yield expression


def read(node, parent, counters):
    """The smallest expression around a layer index that shows its use; None if it is only passed on."""
    top, above = node, parent[node]
    if isinstance(above, ast.Subscript) and above.slice is top:
        top, above = above, parent[above]
    while isinstance(above, (ast.BinOp, ast.Compare, ast.BoolOp, ast.UnaryOp)):
        top, above = above, parent[above]
    text = ast.unparse(top).replace("self.config.", "config.").replace("self.layer_idx", "layer_idx")
    for counter in counters:
        text = re.sub(rf"\b{counter}\b", "layer_idx", text)
    if not re.fullmatch(r"(self\.|config\.)?\w+", text):
        return text[:150]
    counts = text.split(".")[-1] in COUNT
    ranged = isinstance(above, ast.Call) and ast.unparse(above.func) == "range"
    if not counts or ranged or isinstance(above, (ast.Slice, ast.Assign, ast.keyword)):
        return None
    return "BARE " + ast.unparse(above).replace("self.config.", "config.")[:90]


def reads_of(path, cls):
    """Of classes whose signature names `cls`, or no configuration class at all."""
    found = set()
    for classes, expressions in all_reads(path).items():
        if not classes or cls.__name__ in classes:
            found |= expressions
    return found
