"""What a command keeps of a project beside answers and renderings, as long as it holds.

Between looking at the project and knowing what to keep such a command may run env.py again, connect
and wait; so the state of what was looked at is taken before, and compared once more at the end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from outofband.gate import recall, remember, store
from outofband.inputs import trace


@dataclass(slots=True)
class Shelf:
    """A place in the cache folder.

    ``content`` is what lies there, empty unless all that was looked at for it is as it was.
    ``inputs`` is the state of that, None where it is not known or cannot be told.
    """

    folder: str
    name: str
    inputs: dict[str, Any] | None = None
    content: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str, *words: str) -> Shelf:
        """Return the place of the project in this folder that the words of a call name."""
        here = os.getcwd()
        made = cls(store.folder_for(here), f"{kind}-{store.name_of(here, *words)}")
        found = store.read(made.folder, made.name) if made.folder else None
        try:
            if found is not None and recall.is_as_it_was(found["inputs"]):
                made.content, made.inputs = _checked(found["content"]), _checked(found["inputs"])
        except (KeyError, TypeError, AttributeError, ValueError):
            pass  # whoever wrote that was not this version of us
        return made

    @contextmanager
    def looking(self, left_out: Callable[[str], bool] = remember.nothing) -> Iterator[None]:
        """Take down what is looked at within, unless that is known; but for paths that nothing
        depends on.
        """
        if self.inputs is not None:
            yield
            return
        with trace.tracing() as kept:
            trace.imported_before()
            yield
        self.inputs = remember.inputs_of(kept, left_out)

    def put(self, content: Mapping[str, Any]) -> None:
        """Keep something in place of what lies here, unless what was looked at has changed since,
        or came from more than can be looked at again.
        """
        if self.folder and self.inputs is not None and recall.is_there_as_it_was(self.inputs):
            store.write(self.folder, self.name, {"inputs": self.inputs, "content": {**content}})


def _checked(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value
