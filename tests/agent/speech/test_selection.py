"""Which engine is taken, and that the reason is said."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agent.speech import catalogue
from agent.speech.errors import EngineMissingError, UnknownEngineError
from agent.speech.options import Endpoint, SpeechOptions
from agent.speech.selection import AUTO, choose_recognizer, choose_synthesizer
from cases.domain.vocabulary import Language

ENDPOINT = Endpoint("http://127.0.0.1:9/v1", "key", asr_model="ears", tts_model="mouth")


@pytest.fixture
def options(tmp_path: Path) -> SpeechOptions:
    return SpeechOptions(models=tmp_path)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Packages and programs that this machine has not."""
    lacking: set[str] = set()
    find_spec, which = catalogue.find_spec, catalogue.shutil.which
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None if name in lacking else find_spec(name) or object())
    monkeypatch.setattr(
        catalogue.shutil, "which", lambda name: None if name in lacking else which(name) or f"/usr/bin/{name}"
    )
    return lacking


def put_voice(folder: Path, name: str) -> None:
    (folder / "piper").mkdir(exist_ok=True)
    for ending in (".onnx", ".onnx.json"):
        (folder / "piper" / f"{name}{ending}").write_bytes(b"x")


def put_whisper(folder: Path, name: str) -> None:
    (folder / "whisper" / name).mkdir(parents=True)
    (folder / "whisper" / name / "model.bin").write_bytes(b"x")


def chosen(choice: object) -> str:
    engine = getattr(choice, "engine", None)
    return "" if engine is None else str(engine.name)


def test_speaking_prefers_piper_then_the_endpoint_then_flite_then_espeak(
    options: SpeechOptions, machine: set[str]
) -> None:
    put_voice(options.models, options.piper_voice_en)
    options = replace(options, endpoint=ENDPOINT)
    order = []
    for gone in ("piper", "", "flite", "espeakng_loader"):
        order.append(chosen(choose_synthesizer(AUTO, Language.EN, options)))
        machine.add(gone)
        if order[-1] == "openai":
            options = replace(options, endpoint=None)
    order.append(chosen(choose_synthesizer(AUTO, Language.EN, options)))
    assert order == ["piper", "openai", "flite", "espeak-ng", ""]


def test_hearing_prefers_whisper_then_the_endpoint_then_pocketsphinx(options: SpeechOptions, machine: set[str]) -> None:
    put_whisper(options.models, options.whisper_model)
    whole = replace(options, endpoint=ENDPOINT)
    assert chosen(choose_recognizer(AUTO, Language.EN, whole)) == "faster-whisper"
    machine.add("faster_whisper")
    assert chosen(choose_recognizer(AUTO, Language.EN, whole)) == "openai"
    assert chosen(choose_recognizer(AUTO, Language.EN, options)) == "pocketsphinx"
    machine.add("pocketsphinx")
    assert chosen(choose_recognizer(AUTO, Language.EN, options)) == ""


def test_chinese_is_spoken_by_what_speaks_it(options: SpeechOptions, machine: set[str]) -> None:
    put_voice(options.models, options.piper_voice_en)
    assert chosen(choose_synthesizer(AUTO, Language.ZH, options)) == "espeak-ng"
    put_voice(options.models, options.piper_voice_zh)
    assert chosen(choose_synthesizer(AUTO, Language.ZH, options)) == "piper"


def test_no_engine_for_chinese_hearing_says_so_and_what_would_help(options: SpeechOptions, machine: set[str]) -> None:
    choice = choose_recognizer(AUTO, Language.ZH, options)
    assert choice.engine is None
    assert choice.why.startswith("No engine here hears Chinese")
    assert "`riskcall models pull whisper-small`" in choice.why
    assert "RISKCALL_OPENAI_ASR_MODEL" in choice.why
    assert "pocketsphinx: no Chinese" in choice.why


def test_an_english_whisper_does_not_hear_chinese(options: SpeechOptions, machine: set[str]) -> None:
    put_whisper(options.models, "small.en")
    options = replace(options, whisper_model="small.en")
    assert chosen(choose_recognizer(AUTO, Language.EN, options)) == "faster-whisper"
    assert choose_recognizer(AUTO, Language.ZH, options).engine is None


def test_the_reason_names_what_was_passed_over(options: SpeechOptions, machine: set[str]) -> None:
    choice = choose_synthesizer(AUTO, Language.EN, options)
    assert choice.why.startswith("flite speaks English: the best that is present")
    assert "piper: no voice; get one with `riskcall models pull en_GB-alba-medium`" in choice.why
    assert [one.name for one in choice.considered] == ["piper", "openai", "flite", "espeak-ng"]
    assert all(one.worth for one in choice.considered)


def test_a_named_engine_is_taken(options: SpeechOptions, machine: set[str]) -> None:
    choice = choose_synthesizer("espeak-ng", Language.EN, options)
    assert chosen(choice) == "espeak-ng"
    assert "it was asked for" in choice.why


@pytest.mark.parametrize(
    ("name", "gone", "how"),
    [
        ("piper", "", "riskcall models pull en_GB-alba-medium"),
        ("piper", "piper", r"pip install 'riskcall\[piper\]'"),
        ("openai", "", "RISKCALL_OPENAI_TTS_MODEL"),
        ("flite", "flite", "apt-get install flite"),
        ("espeak-ng", "espeakng_loader", "pip install espeakng-loader"),
    ],
)
def test_a_named_engine_that_is_missing_says_how_to_get_it(
    options: SpeechOptions, machine: set[str], name: str, gone: str, how: str
) -> None:
    machine.add(gone)
    with pytest.raises(EngineMissingError, match=how):
        choose_synthesizer(name, Language.EN, options)


def test_a_named_engine_without_the_language_is_no_engine(options: SpeechOptions, machine: set[str]) -> None:
    choice = choose_synthesizer("flite", Language.ZH, options)
    assert choice.engine is None
    assert "flite" in choice.why and "Chinese" in choice.why


def test_an_unknown_name_lists_those_there_are(options: SpeechOptions) -> None:
    with pytest.raises(UnknownEngineError, match="auto, piper, openai, flite, espeak-ng"):
        choose_synthesizer("festival", Language.EN, options)
    with pytest.raises(UnknownEngineError, match="auto, faster-whisper, openai, pocketsphinx"):
        choose_recognizer("kaldi", Language.EN, options)


def test_looking_loads_no_engine(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from agent.speech.catalogue import RECOGNIZERS, SYNTHESIZERS\n"
        "from agent.speech.options import SpeechOptions\n"
        "options = SpeechOptions(pathlib.Path(sys.argv[1]))\n"
        "for one in (*RECOGNIZERS, *SYNTHESIZERS): one.lacks(options), one.languages(options)\n"
        "print(*{'piper', 'onnxruntime', 'openai', 'faster_whisper', 'ctranslate2', 'pocketsphinx'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""
