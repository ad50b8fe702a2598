"""transformers as a peer of `cambium bench`: one JSON command a line in, one JSON reply a line out (../README.md).

It continues a prompt greedily with a Llama of random weights, as the suites generate and generate-large ask for.
"""

import sys
import time
from pathlib import Path

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

sys.path.append(str(Path(__file__).resolve().parent.parent))
import serve  # noqa: E402

# Tokens that are compared with the same model in float64.
COMPARED = 6


def model_of(size: dict, layers: int, dtype: torch.dtype) -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        num_hidden_layers=layers,
        hidden_size=size["hidden"],
        intermediate_size=size["intermediate"],
        num_attention_heads=size["heads"],
        num_key_value_heads=size["kvHeads"],
        vocab_size=size["vocab"],
        max_position_embeddings=size["prompt"] + size["made"],
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
    )
    return LlamaForCausalLM(config).to(dtype).eval()


def prompt_of(size: dict, length: int) -> torch.Tensor:
    return torch.tensor([[i * 7919 % 256 % size["vocab"] for i in range(length)]])


def continued(model: LlamaForCausalLM, prompt: torch.Tensor, made: int) -> list[int]:
    with torch.inference_mode():
        ids = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=made,
            min_new_tokens=made,
            do_sample=False,
            use_cache=True,
        )
    return ids[0, prompt.shape[1] :].tolist()


class Session:
    def prepare(self, command: dict) -> dict:
        self.size = command["case"]["size"]
        self.model = model_of(self.size, self.size["layers"], torch.float32)
        prompt, made = self.size["prompt"], self.size["made"]
        warm = serve.warm_up(self.timed, command["warmupSeconds"])
        return {
            "device": f"CPU, {torch.get_num_threads()} threads, f32",
            "version": f"{transformers.__version__}, torch {torch.__version__}",
            "fallback": None,
            "work": {"tokens": prompt if made == 1 else made},
            "engaged": {"replay": "interpreted", "attention": "fused", "features": ["scaled_dot_product_attention"]},
            **warm,
        }

    def timed(self, count: int) -> list[float]:
        prompt = prompt_of(self.size, self.size["prompt"])
        seconds = []
        for _ in range(count):
            start = time.perf_counter()
            continued(self.model, prompt, self.size["made"])
            seconds.append(time.perf_counter() - start)
        return seconds

    def turn(self, command: dict) -> dict:
        return {"seconds": self.timed(command["count"])}

    def finish(self, _command: dict) -> dict:
        size = {**self.size, "prompt": COMPARED, "made": COMPARED}
        models = [model_of(size, min(2, size["layers"]), dtype) for dtype in (torch.float32, torch.float64)]
        got, want = [continued(model, prompt_of(size, COMPARED), COMPARED) for model in models]
        error = sum(a != b for a, b in zip(got, want)) / COMPARED
        against = f"{COMPARED} greedy tokens in float64"
        parity = {"agrees": error == 0, "error": error, "tolerance": 0, "against": against}
        return {"residentBytes": serve.resident_bytes(), "deviceBytes": None, "parity": parity}


def main() -> None:
    options = serve.parser(__doc__).parse_args()
    torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()
    serve.serve(Session)


if __name__ == "__main__":
    main()
