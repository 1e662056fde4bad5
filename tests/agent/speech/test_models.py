"""Models: where they lie, what is pulled and how, and what is said when that fails; nothing is fetched here."""

from __future__ import annotations

import io
import urllib.error
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from agent.speech import models as catalogue
from agent.speech.errors import EngineMissingError, ModelPullError, SpeechError, UnknownModelError
from agent.speech.models import MODELS, piper_file, pull, whisper_folder
from agent.speech.options import SpeechOptions
from cases.domain.vocabulary import Language
from riskcall.errors import ModelNotPulledError
from riskcall.models import pull_model, show_models
from riskcall.settings import Settings
from tests.support.needs import needs_package

FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A hub that gives every repository; fails as the last entry says where that is an exception."""
    needs_package("huggingface_hub", "it pulls Whisper models")
    import huggingface_hub

    asked: list[Any] = []

    def snapshot_download(repository: str, *, local_dir: Path, allow_patterns: list[str]) -> str:
        failure = asked.pop() if asked and isinstance(asked[-1], Exception) else None
        asked.append(repository)
        local_dir.mkdir(parents=True, exist_ok=True)
        (local_dir / ".cache").mkdir(exist_ok=True)
        (local_dir / "config.json").write_text("{}")
        if failure is not None:
            raise failure
        for name in FILES:
            (local_dir / name).write_text("x")
        return str(local_dir)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return asked


@pytest.fixture
def voices(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Piper's downloader, which gives every voice; fails as the last entry says where that is an exception."""
    needs_package("piper", "it pulls its voices")
    from piper import download_voices

    asked: list[Any] = []

    def download_voice(voice: str, folder: Path) -> None:
        failure = asked.pop() if asked and isinstance(asked[-1], Exception) else None
        asked.append(voice)
        (folder / f"{voice}.onnx").write_text("x")
        if failure is not None:
            raise failure
        (folder / f"{voice}.onnx.json").write_text("{}")

    monkeypatch.setattr(download_voices, "download_voice", download_voice)
    return asked


def settings(folder: Path) -> Settings:
    return Settings(_env_file=None, models_dir=folder / "models")  # type: ignore[call-arg]


def test_the_catalogue_serves_both_languages_with_both_engines_and_knows_the_defaults() -> None:
    for engine in ("faster-whisper", "piper"):
        served = {language for model in MODELS if model.engine == engine for language in model.languages}
        assert served == set(Language)
    names = [model.name for model in MODELS]
    assert len(set(names)) == len(names)
    defaults = SpeechOptions(Path())
    assert {f"whisper-{defaults.whisper_model}", defaults.piper_voice_en, defaults.piper_voice_zh} <= set(names)
    assert {"whisper-tiny", "whisper-large-v3-turbo"} <= set(names)
    assert {"en_GB", "en_US", "zh_CN"} == {name[:5] for name in names if not name.startswith("whisper-")}
    assert all(model.megabytes > 0 and model.note for model in MODELS)


@pytest.mark.parametrize(
    ("name", "repository", "folder"),
    [
        ("whisper-small", "Systran/faster-whisper-small", "small"),
        ("whisper-large-v3-turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo", "large-v3-turbo"),
        ("whisper-bank/our-whisper", "bank/our-whisper", "bank--our-whisper"),
    ],
)
def test_a_whisper_model_is_pulled_whole_and_once(
    tmp_path: Path, hub: list[str], name: str, repository: str, folder: str
) -> None:
    place = pull(name, tmp_path)
    assert place == tmp_path / "whisper" / folder
    assert {file.name for file in place.iterdir()} == set(FILES)
    assert whisper_folder(name.removeprefix("whisper-"), tmp_path) == place
    assert pull(name, tmp_path) == place
    assert hub == [repository]


def test_a_whisper_model_that_broke_off_is_not_here_and_goes_on_next_time(tmp_path: Path, hub: list[Any]) -> None:
    hub.append(OSError("no space"))
    with pytest.raises(ModelPullError, match="check network and disk space"):
        pull("whisper-tiny", tmp_path)
    assert whisper_folder("tiny", tmp_path) is None
    assert [folder.name for folder in (tmp_path / "whisper").iterdir()] == ["tiny.partial"]
    pull("whisper-tiny", tmp_path)
    assert [folder.name for folder in (tmp_path / "whisper").iterdir()] == ["tiny"]


def test_a_voice_is_pulled_whole_and_once(tmp_path: Path, voices: list[str]) -> None:
    place = pull("en_GB-alba-medium", tmp_path)
    assert place == tmp_path / "piper" / "en_GB-alba-medium.onnx"
    assert piper_file("en_GB-alba-medium", tmp_path) == place
    assert pull("en_GB-alba-medium", tmp_path) == place
    assert voices == ["en_GB-alba-medium"]
    assert len(list((tmp_path / "piper").iterdir())) == 2


def test_a_voice_that_broke_off_leaves_nothing(tmp_path: Path, voices: list[Any]) -> None:
    voices.append(urllib.error.URLError("no route"))
    with pytest.raises(ModelPullError, match="URLError"):
        pull("zh_CN-huayan-medium", tmp_path)
    assert list((tmp_path / "piper").iterdir()) == []


def http_error(status: int) -> urllib.error.HTTPError:
    return urllib.error.HTTPError("hub", status, "refused", Message(), io.BytesIO())


def test_a_voice_that_the_hub_does_not_know_is_unknown(tmp_path: Path, voices: list[Any]) -> None:
    voices.append(http_error(404))
    with pytest.raises(UnknownModelError, match="'en_GB-nobody-high'"):
        pull("en_GB-nobody-high", tmp_path)
    voices.append(http_error(503))
    with pytest.raises(ModelPullError):
        pull("en_GB-nobody-high", tmp_path)


@pytest.mark.parametrize(
    "name", ["alba", "", "whisper-huge", "whisper-", "en_GB-../../x-medium", "whisper-a b/c", "whisper-../x"]
)
def test_an_unknown_name_lists_those_known(tmp_path: Path, name: str) -> None:
    needs_package("huggingface_hub", "it pulls Whisper models")
    with pytest.raises(UnknownModelError, match="whisper-tiny.*zh_CN-huayan-medium"):
        pull(name, tmp_path)
    assert list(tmp_path.rglob("*.onnx")) == []


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("whisper-tiny", r"pip install 'riskcall\[whisper\]'"),
        ("en_US-lessac-medium", r"pip install 'riskcall\[piper\]'"),
    ],
)
def test_says_what_to_install_before_a_pull(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, how: str
) -> None:
    monkeypatch.setattr(catalogue, "find_spec", lambda package: None)
    with pytest.raises(EngineMissingError, match=how):
        pull(name, tmp_path)


def test_half_a_voice_or_a_folder_without_a_model_is_not_here(tmp_path: Path) -> None:
    (tmp_path / "piper").mkdir()
    (tmp_path / "piper" / "en_GB-alba-medium.onnx").write_text("x")
    (tmp_path / "whisper" / "tiny").mkdir(parents=True)
    assert piper_file("en_GB-alba-medium", tmp_path) is None
    assert whisper_folder("tiny", tmp_path) is None


def test_a_model_of_ones_own_is_named_by_its_place(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in ("model.bin", "mine.onnx", "mine.onnx.json"):
        (own / name).write_text("x")
    assert whisper_folder(str(own), tmp_path / "none") == own
    assert piper_file(str(own / "mine.onnx"), tmp_path / "none") == own / "mine.onnx"


def test_the_command_shows_which_are_here(
    tmp_path: Path, voices: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    pull("zh_CN-huayan-medium", settings(tmp_path).models_dir)
    show_models(settings(tmp_path))
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line.split() for line in lines if line.strip()}
    for model in MODELS:
        here = "yes" if model.name == "zh_CN-huayan-medium" else "no"
        assert here in rows[model.name]
        assert str(model.megabytes) in rows[model.name]


def test_the_command_says_where_a_model_lies(
    tmp_path: Path, voices: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    pull_model(settings(tmp_path), "en_US-ryan-high")
    assert str(tmp_path / "models" / "piper" / "en_US-ryan-high.onnx") in capsys.readouterr().out


@pytest.mark.parametrize(
    "error", [UnknownModelError("what to do"), ModelPullError("what to do"), EngineMissingError("what to do")]
)
def test_the_command_refuses_with_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: SpeechError
) -> None:
    def failing(name: str, folder: Path) -> Path:
        raise error

    monkeypatch.setattr("riskcall.models.pull", failing)
    with pytest.raises(ModelNotPulledError, match="what to do"):
        pull_model(settings(tmp_path), "whisper-tiny")
