"""Piper voices small enough to be made by a test, of the format that the real loader reads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

PIPER_RATE, PIPER_HOP, PIPER_FRAMES = 16_000, 256, 4
"""Every phoneme id of the tiny voice lasts PIPER_FRAMES hops."""


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
