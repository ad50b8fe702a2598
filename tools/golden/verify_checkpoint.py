"""Opens a model directory written by Cambium in transformers and compares its logits with Cambium's.

usage: verify_checkpoint.py DIR TOKENS_JSON LOGITS_SAFETENSORS

TOKENS_JSON is a list of rows of token ids, all of one length ([[5, 17, 9], …], or one flat row); LOGITS_SAFETENSORS
holds one tensor, "logits", f32 [rows, tokens, vocab]. The directory must open with AutoModelForCausalLM without a
missing, unexpected or mismatched tensor, and no logit may be off by more than 1e-4 of the largest. Computed in
float32 whatever the stored dtype. Exit status 0 and PASS, or 1 and FAIL with the reason.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
from transformers.utils import logging

TOLERANCE = 1e-4


def verify(directory: Path, tokens_file: Path, logits_file: Path) -> tuple[bool, str]:
    if not directory.is_dir():
        return False, f"{directory} is not a directory"
    model, report = AutoModelForCausalLM.from_pretrained(
        directory,
        dtype=torch.float32,
        attn_implementation="eager",
        local_files_only=True,
        output_loading_info=True,
    )
    wrong = {kind: list(names) for kind, names in report.items() if names}
    if wrong:
        return False, f"transformers did not load every tensor as it stands: {wrong}"

    rows = json.loads(tokens_file.read_text())
    tokens = torch.tensor(rows if rows and isinstance(rows[0], list) else [rows])
    with torch.no_grad():
        expected = model.eval()(tokens, use_cache=False).logits
    got = load_file(logits_file)["logits"].float()
    if got.shape != expected.shape:
        return False, f"logits are {list(got.shape)}, transformers gives {list(expected.shape)}"
    if not got.isfinite().all():
        return False, "a logit is not finite"
    largest = expected.abs().max().item()
    off = (got - expected).abs().max().item() / largest
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return off <= TOLERANCE, (
        f"{type(model).__name__}, {parameters} parameters, logits {list(expected.shape)}: "
        f"largest difference {off:.2e} of max |logit| {largest:.3f} (limit {TOLERANCE:.0e})"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("tokens", type=Path, metavar="TOKENS_JSON")
    parser.add_argument("logits", type=Path, metavar="LOGITS_SAFETENSORS")
    options = parser.parse_args()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        passed, reason = verify(options.directory, options.tokens, options.logits)
    except Exception as error:  # whatever a library throws on a bad file is a failed check
        passed, reason = False, f"{type(error).__name__}: {error}"
    print(f"{'PASS' if passed else 'FAIL'} {reason}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
