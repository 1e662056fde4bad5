"""The collector of cyclic garbage around the start of a process that holds calls.

Loading makes half a million objects that stay. Left on, the collector walks all of them again and again meanwhile,
which takes a fifth of the start; and afterwards each full collection would walk them once more, which stops the audio
of every call for longer than a tenth of a second. What is loaded is therefore set aside for good: `gc.freeze`, see
https://docs.python.org/3/library/gc.html.
"""

from __future__ import annotations

import gc


def begin_loading() -> None:
    """Let the collector rest; to be called before the heavy modules are imported."""
    gc.disable()


def end_loading() -> None:
    """Set aside what is loaded and let the collector work on what calls make."""
    gc.freeze()
    gc.enable()
