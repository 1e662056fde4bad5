"""Loaded once by the process from which `riskcall agent` forks the processes of calls: they begin with all of it.

What is loaded here is shared between them and takes no time when a process is made ready, which happens while the call
that took the process before is being dialled. Nothing here starts a thread or holds a connection.
"""

from agent.speech.vad import warm_vad
from cases.adapters.clock import SystemClock
from cases.domain.vocabulary import Language
from cases.policies import load
from riskcall import worker_job as worker_job
from riskcall.rehearsal import rehearse_words

warm_vad()
rehearse_words(tuple(Language), load(None), SystemClock())
