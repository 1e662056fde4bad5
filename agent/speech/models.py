"""Models that can be fetched for faster-whisper and Piper, and where they lie once they are here."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from urllib.error import HTTPError

from agent.speech.errors import EngineMissingError, ModelPullError, UnknownModelError
from cases.domain.vocabulary import Language

_BOTH = (Language.EN, Language.ZH)
_WHISPER = "whisper-"
_VOICE = re.compile(r"[a-z]{2,3}_[A-Z]{2}-[^-/\\]+-[a-z_]+")
"""What Piper's voices are called: language, name, quality."""


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """One model of the catalogue.

    Attributes:
        name: What `riskcall models pull` takes.
        engine: The engine that runs it.
        languages: Languages it serves.
        megabytes: Size of its files, about.
        note: What it is good for, in words.
    """

    name: str
    engine: str
    languages: tuple[Language, ...]
    megabytes: int
    note: str

    def present(self, models: Path) -> bool:
        """Whether it lies in the folder of pulled models."""
        if self.engine == "piper":
            return piper_file(self.name, models) is not None
        return whisper_folder(self.name.removeprefix(_WHISPER), models) is not None


MODELS: tuple[SpeechModel, ...] = (
    SpeechModel("whisper-tiny", "faster-whisper", _BOTH, 75, "smallest; many errors"),
    SpeechModel("whisper-base", "faster-whisper", _BOTH, 145, "quick on any processor"),
    SpeechModel("whisper-base.en", "faster-whisper", (Language.EN,), 145, "as base, better at English"),
    SpeechModel("whisper-small", "faster-whisper", _BOTH, 485, "good; needs a quick processor to keep up"),
    SpeechModel("whisper-small.en", "faster-whisper", (Language.EN,), 485, "as small, better at English"),
    SpeechModel("whisper-medium", "faster-whisper", _BOTH, 1530, "better; wants a GPU"),
    SpeechModel("whisper-large-v3", "faster-whisper", _BOTH, 3090, "best; wants a GPU"),
    SpeechModel("whisper-large-v3-turbo", "faster-whisper", _BOTH, 1620, "best for its speed; wants a GPU"),
    SpeechModel("en_GB-alba-medium", "piper", (Language.EN,), 63, "Scottish English, female"),
    SpeechModel("en_GB-northern_english_male-medium", "piper", (Language.EN,), 63, "English, male"),
    SpeechModel("en_US-lessac-medium", "piper", (Language.EN,), 63, "American English, female"),
    SpeechModel("en_US-ryan-high", "piper", (Language.EN,), 121, "American English, male"),
    SpeechModel("zh_CN-huayan-medium", "piper", (Language.ZH,), 63, "Mandarin, female"),
)
"""Models that are known to serve; other names of the same hubs may be pulled as well."""

_REPOSITORIES = {"large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo"}
"""Where a Whisper size lies on the hub, unless it is with the rest of them."""
_WHISPER_FILES = ["config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
"""What faster-whisper loads."""


def whisper_folder(model: str, models: Path) -> Path | None:
    """Where a Whisper model lies: the folder that is named, or the one it was pulled into; None where neither is.

    Args:
        model: A folder, or a name such as `small` or `owner/name`.
        models: Folder of pulled models.
    """
    for folder in (Path(model).expanduser(), models / "whisper" / model.replace("/", "--")):
        if (folder / "model.bin").is_file():
            return folder
    return None


def piper_file(voice: str, models: Path) -> Path | None:
    """Where a Piper voice lies, its `.onnx.json` beside it; None where either file is missing.

    Args:
        voice: An `.onnx` file, or a name such as `en_GB-alba-medium`.
        models: Folder of pulled models.
    """
    for file in (Path(voice).expanduser(), models / "piper" / f"{voice}.onnx"):
        if file.is_file() and file.with_name(file.name + ".json").is_file():
            return file
    return None


def pull(name: str, models: Path) -> Path:
    """Fetch a model; one that is here already is not fetched again. Blocks until it is there.

    Args:
        name: `whisper-` and a name that faster-whisper knows, or a Piper voice such as `en_GB-alba-medium`.
        models: Folder of pulled models; made where it is missing.

    Returns:
        The model's folder, or the voice's `.onnx` file.

    Raises:
        EngineMissingError: The engine's package, which fetches its models, is not installed.
        UnknownModelError: No hub has a model of this name.
        ModelPullError: It cannot be fetched now.
    """
    if name.startswith(_WHISPER):
        return _pull_whisper(name.removeprefix(_WHISPER), models)
    return _pull_piper(name, models)


def _pull_whisper(model: str, models: Path) -> Path:
    if (here := whisper_folder(model, models)) is not None:
        return here
    if "/" not in model and not any(known.name == _WHISPER + model for known in MODELS):
        raise _unknown(_WHISPER + model)
    if find_spec("huggingface_hub") is None:
        raise EngineMissingError("faster-whisper is not installed; get it with `pip install 'riskcall[whisper]'`.")
    from httpx2 import HTTPError as HubError
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    folder = models / "whisper" / model.replace("/", "--")
    draft = folder.with_name(folder.name + ".partial")
    repository = model if "/" in model else _REPOSITORIES.get(model, f"Systran/faster-whisper-{model}")
    try:
        snapshot_download(repository, local_dir=draft, allow_patterns=_WHISPER_FILES)
        shutil.rmtree(draft / ".cache", ignore_errors=True)
        if not (draft / "model.bin").is_file():
            raise ModelPullError(f"{repository} holds no model of CTranslate2; name another repository.")
        draft.rename(folder)
    except (HFValidationError, RepositoryNotFoundError) as error:
        raise _unknown(_WHISPER + model) from error
    except (HubError, OSError) as error:
        raise _pull_failed(_WHISPER + model, error) from error
    return folder


def _pull_piper(voice: str, models: Path) -> Path:
    if (here := piper_file(voice, models)) is not None:
        return here
    if not _VOICE.fullmatch(voice):
        raise _unknown(voice)
    if find_spec("piper") is None:
        raise EngineMissingError("Piper is not installed; get it with `pip install 'riskcall[piper]'`.")
    from piper.download_voices import download_voice

    folder = models / "piper"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as draft:
            download_voice(voice, Path(draft))
            for file in Path(draft).iterdir():
                file.replace(folder / file.name)
    except HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND:
            raise _unknown(voice) from error
        raise _pull_failed(voice, error) from error
    except (OSError, HTTPException) as error:
        raise _pull_failed(voice, error) from error
    return folder / f"{voice}.onnx"


def _unknown(name: str) -> UnknownModelError:
    known = ", ".join(model.name for model in MODELS)
    return UnknownModelError(f"No speech model is called {name!r}; among those known are {known}.")


def _pull_failed(name: str, error: Exception) -> ModelPullError:
    return ModelPullError(
        f"{name} could not be fetched ({type(error).__name__}): check network and disk space, then try again, "
        "or copy the model's files into the models folder by hand."
    )
