"""`riskcall models`: what speech models there are, which are here, and how one is fetched."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from agent.speech.errors import EngineMissingError, ModelPullError, UnknownModelError
from agent.speech.models import MODELS, pull
from riskcall.errors import ModelNotPulledError
from riskcall.settings import Settings

_TITLES = {"faster-whisper": "Hearing: faster-whisper", "piper": "Speaking: Piper"}


def show_models(settings: Settings) -> None:
    """Print the models that are known, with language, size and whether they are here."""
    console = Console()
    for engine, title in _TITLES.items():
        table = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False, box=None)
        table.add_column("name", no_wrap=True)
        table.add_column("languages")
        table.add_column("MB", justify="right")
        table.add_column("here")
        table.add_column("worth", overflow="fold")
        for model in (one for one in MODELS if one.engine == engine):
            here = "yes" if model.present(settings.models_dir) else "no"
            spoken = " ".join(language.value for language in model.languages)
            table.add_row(model.name, spoken, str(model.megabytes), here, model.note)
        console.print(table)
        console.print()
    console.print(f"Models lie in {settings.models_dir}; `riskcall models pull NAME` fetches one.", highlight=False)


def pull_model(settings: Settings, name: str) -> None:
    """Fetch a model into the models folder and say where it lies.

    Raises:
        ModelNotPulledError: There is none of this name, its engine is not installed, or it cannot be fetched now.
    """
    try:
        place = pull(name, settings.models_dir)
    except (UnknownModelError, EngineMissingError, ModelPullError) as error:
        raise ModelNotPulledError(str(error)) from error
    Console().print(f"{name} is here: {place}", highlight=False, soft_wrap=True)
