"""Whisper and Piper models small enough to be made by a test, of the format that the real loaders read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

WHISPER_SAYS = "no it was not me"
_WIDTH, _MELS, _FRAMES, _POSITIONS = 64, 80, 1500, 448
_WORDS_AT, _END, _NO_TIMESTAMPS, _SIZE = 300, 50257, 50363, 51865
PIPER_RATE, PIPER_HOP, PIPER_FRAMES = 16_000, 256, 4
"""Every phoneme id of the tiny voice lasts PIPER_FRAMES hops."""


def make_whisper(folder: Path) -> Path:
    """A Whisper that says WHISPER_SAYS to any sound: each token's successor stands in its weights."""
    from ctranslate2.specs import WhisperSpec

    rng = np.random.default_rng(7)
    spec = WhisperSpec(1, 2, 1, 2)
    encoder, decoder = spec.encoder, spec.decoder

    def small(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.02, shape).astype(np.float32)

    def zeros(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.float32)

    def norm(layer) -> None:
        layer.gamma, layer.beta = np.ones(_WIDTH, np.float32), zeros(_WIDTH)

    def linear(layer, rows: int, columns: int = _WIDTH, *, silent: bool = False) -> None:
        layer.weight, layer.bias = (zeros if silent else small)(rows, columns), zeros(rows)

    encoder.conv1.weight, encoder.conv1.bias = small(_WIDTH, _MELS, 3), zeros(_WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = small(_WIDTH, _WIDTH, 3), zeros(_WIDTH)
    encoder.position_encodings.encodings = small(_FRAMES, _WIDTH)
    decoder.position_encodings.encodings = zeros(_POSITIONS, _WIDTH)
    for layer in (encoder.layer[0], decoder.layer[0]):
        norm(layer.self_attention.layer_norm)
        linear(layer.self_attention.linear[0], 3 * _WIDTH)
        linear(layer.self_attention.linear[1], _WIDTH, silent=True)
        norm(layer.ffn.layer_norm)
        linear(layer.ffn.linear_0, 4 * _WIDTH)
        linear(layer.ffn.linear_1, _WIDTH, 4 * _WIDTH, silent=True)
    across = decoder.layer[0].attention
    norm(across.layer_norm)
    linear(across.linear[0], _WIDTH)
    linear(across.linear[1], 2 * _WIDTH)
    linear(across.linear[2], _WIDTH, silent=True)
    norm(encoder.layer_norm)
    norm(decoder.layer_norm)
    words = WHISPER_SAYS.split()
    chain = [_NO_TIMESTAMPS, *(_WORDS_AT + n for n in range(len(words))), _END]
    decoder.embeddings.weight, decoder.projection.weight = zeros(_SIZE, _WIDTH), zeros(_SIZE, _WIDTH)
    for place, (token, successor) in enumerate(zip(chain, chain[1:], strict=False)):
        decoder.embeddings.weight[token, place] = 1.0
        decoder.projection.weight[successor, place] = 3.0
    vocabulary = _vocabulary(words)
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


def _vocabulary(words: list[str]) -> list[str]:
    from faster_whisper.tokenizer import _LANGUAGE_CODES
    from tokenizers.pre_tokenizers import ByteLevel

    tokens = sorted(ByteLevel.alphabet())
    tokens += [f"<unused{n}>" for n in range(len(tokens), _END)]
    tokens[_WORDS_AT : _WORDS_AT + len(words)] = [f"Ġ{word}" for word in words]
    languages = [f"<|{code}|>" for code in _LANGUAGE_CODES[:99]]
    languages[:2] = ["<|en|>", "<|zh|>"]
    languages[2:] = [f"<|{code}|>" for code in _LANGUAGE_CODES if code not in ("en", "zh")][:97]
    tokens += ["<|endoftext|>", "<|startoftranscript|>", *languages, "<|translate|>", "<|transcribe|>"]
    tokens += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    return tokens + [f"<|{n * 0.02:.2f}|>" for n in range(_SIZE - len(tokens))]


def _tokenizer(vocabulary: list[str]):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE({token: n for n, token in enumerate(vocabulary)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def make_piper(file: Path, *, voice: str = "en-us", rate: int = PIPER_RATE, aligned: bool = True) -> Path:
    """A Piper voice that hums: one long note whose length follows the phonemes, which it can align if it is told to."""
    import onnx
    from onnx import TensorProto, helper
    from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

    def constant(name: str, values: np.ndarray):
        return onnx.numpy_helper.from_array(values, name)

    samples = PIPER_HOP * PIPER_FRAMES
    note = (0.5 * np.sin(2 * np.pi * 220 * np.arange(samples) / rate)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["input"], ["ids"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["ids", "zero"], ["nothing"]),
        helper.make_node("Slice", ["scales", "one_i", "two_i"], ["length_scale"]),
        helper.make_node("Mul", ["frames", "length_scale"], ["stretched"]),
        helper.make_node("Add", ["nothing", "stretched"], ["w"]),
        *([helper.make_node("Ceil", ["w"], ["w_ceil"])] if aligned else []),
        helper.make_node("Unsqueeze", ["nothing", "minus_i"], ["column"]),
        helper.make_node("Add", ["column", "note"], ["notes"]),
        helper.make_node("Cast", ["input_lengths"], ["lengths"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["lengths", "zero"], ["no_lengths"]),
        helper.make_node("Add", ["notes", "no_lengths"], ["all_notes"]),
        helper.make_node("Reshape", ["all_notes", "flat"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "hum",
        [
            helper.make_tensor_value_info("input", TensorProto.INT64, [1, "phonemes"]),
            helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
            helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "samples"])],
        [
            constant("zero", np.zeros(1, np.float32)),
            constant("frames", np.array([PIPER_FRAMES], np.float32)),
            constant("one_i", np.array([1], np.int64)),
            constant("two_i", np.array([2], np.int64)),
            constant("minus_i", np.array([2], np.int64)),
            constant("note", note.reshape(1, 1, -1)),
            constant("flat", np.array([1, 1, 1, -1], np.int64)),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(file))
    config = {
        "audio": {"sample_rate": rate},
        "espeak": {"voice": voice},
        "phoneme_type": "espeak",
        "num_symbols": 256,
        "num_speakers": 1,
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "hop_length": PIPER_HOP,
    }
    file.with_name(file.name + ".json").write_text(json.dumps(config))
    return file
