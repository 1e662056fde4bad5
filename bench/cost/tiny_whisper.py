"""Whisper models with the architecture of real ones and random weights, which say one sentence to any sound.

What they cost is what a model of their size costs; what they hear is nothing. Their files are those that the real
loader reads.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WHISPER_SAYS = "no it was not me"
"""The sentence."""


@dataclass(frozen=True, slots=True)
class WhisperSize:
    """The architecture of a Whisper model (Radford et al. 2022, table 1).

    Attributes:
        layers: Layers of the encoder, and of the decoder.
        width: Width of each.
        heads: Attention heads.
    """

    layers: int
    width: int
    heads: int


SIZES = {
    "nano": WhisperSize(1, 64, 2),
    "tiny": WhisperSize(4, 384, 6),
    "base": WhisperSize(6, 512, 8),
    "small": WhisperSize(12, 768, 12),
}
"""Architectures by name; nano is of no real model and quick enough for a test."""
NANO = SIZES["nano"]
_MELS, _FRAMES, _POSITIONS = 80, 1500, 448
_WORDS_AT, _END, _NO_TIMESTAMPS, _VOCABULARY = 300, 50257, 50363, 51865


def make_whisper(folder: Path, size: WhisperSize = NANO) -> Path:
    """Write a model into a folder, which is made where it is missing, and return the folder.

    Each token's successor stands in the weights; what attention and feed-forward layers compute is multiplied by zero.
    """
    from ctranslate2.specs import WhisperSpec

    draw = _Weights(size.width)
    spec = WhisperSpec(size.layers, size.heads, size.layers, size.heads)
    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = draw.small(size.width, _MELS, 3), draw.zeros(size.width)
    encoder.conv2.weight, encoder.conv2.bias = draw.small(size.width, size.width, 3), draw.zeros(size.width)
    encoder.position_encodings.encodings = draw.small(_FRAMES, size.width)
    decoder.position_encodings.encodings = draw.zeros(_POSITIONS, size.width)
    for layer in (*encoder.layer, *decoder.layer):
        draw.norm(layer.self_attention.layer_norm)
        draw.linear(layer.self_attention.linear[0], 3 * size.width)
        draw.linear(layer.self_attention.linear[1], size.width, silent=True)
        draw.norm(layer.ffn.layer_norm)
        draw.linear(layer.ffn.linear_0, 4 * size.width)
        draw.linear(layer.ffn.linear_1, size.width, 4 * size.width, silent=True)
    for layer in decoder.layer:
        across = layer.attention
        draw.norm(across.layer_norm)
        draw.linear(across.linear[0], size.width)
        draw.linear(across.linear[1], 2 * size.width)
        draw.linear(across.linear[2], size.width, silent=True)
    draw.norm(encoder.layer_norm)
    draw.norm(decoder.layer_norm)
    _chain_words(decoder, draw, size.width)
    vocabulary = _vocabulary(WHISPER_SAYS.split())
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids, spec.config.alignment_heads = [50259, 50260], [(0, 0)]
    folder.mkdir(parents=True, exist_ok=True)
    spec.validate()
    spec.optimize()
    spec.save(str(folder))
    _tokenizer(vocabulary).save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": _MELS, "sampling_rate": 16_000}))
    return folder


class _Weights:
    """Draws weights; the same each time."""

    def __init__(self, width: int) -> None:
        self._random = np.random.default_rng(7)
        self._width = width

    def small(self, *shape: int) -> NDArray[np.float32]:
        return self._random.normal(0, 0.02, shape).astype(np.float32)

    def zeros(self, *shape: int) -> NDArray[np.float32]:
        return np.zeros(shape, np.float32)

    def norm(self, layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(self._width, np.float32), self.zeros(self._width)

    def linear(self, layer: Any, rows: int, columns: int = 0, *, silent: bool = False) -> None:
        shape = (rows, columns or self._width)
        layer.weight, layer.bias = self.zeros(*shape) if silent else self.small(*shape), self.zeros(rows)


def _chain_words(decoder: Any, draw: _Weights, width: int) -> None:
    """Let each token of the sentence call for the next one."""
    chain = [_NO_TIMESTAMPS, *(_WORDS_AT + n for n in range(len(WHISPER_SAYS.split()))), _END]
    decoder.embeddings.weight = draw.zeros(_VOCABULARY, width)
    decoder.projection.weight = draw.zeros(_VOCABULARY, width)
    for place, (token, successor) in enumerate(zip(chain, chain[1:], strict=False)):
        decoder.embeddings.weight[token, place] = 1.0
        decoder.projection.weight[successor, place] = 3.0


def _vocabulary(words: list[str]) -> list[str]:
    from faster_whisper.tokenizer import _LANGUAGE_CODES
    from tokenizers.pre_tokenizers import ByteLevel

    tokens: list[str] = sorted(ByteLevel.alphabet())
    tokens += [f"<unused{n}>" for n in range(len(tokens), _END)]
    tokens[_WORDS_AT : _WORDS_AT + len(words)] = [f"Ġ{word}" for word in words]
    languages = [f"<|{code}|>" for code in _LANGUAGE_CODES[:99]]
    languages[:2] = ["<|en|>", "<|zh|>"]
    languages[2:] = [f"<|{code}|>" for code in _LANGUAGE_CODES if code not in ("en", "zh")][:97]
    tokens += ["<|endoftext|>", "<|startoftranscript|>", *languages, "<|translate|>", "<|transcribe|>"]
    tokens += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    return tokens + [f"<|{n * 0.02:.2f}|>" for n in range(_VOCABULARY - len(tokens))]


def _tokenizer(vocabulary: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE({token: n for n, token in enumerate(vocabulary)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
