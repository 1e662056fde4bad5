"""The check of what copywriters wrote: shape, style, length, and what a customer would hear."""

from agent.wording.check import check
from agent.wording.rendering import Heard, Sample, heard_lines, variants
from agent.wording.written import Book, Written

__all__ = ["Book", "Heard", "Sample", "Written", "check", "heard_lines", "variants"]
