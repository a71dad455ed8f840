"""From the name in a revision to the spec in the application's code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from outofband.backfill.spec import Spec
from outofband.errors import NothingChanged

_METHODS = (
    *("progress", "units", "batch", "hosts", "given_up", "at_work"),
    *("settle", "verify", "reverse"),
)
_WRITTEN = 'Write it as "package.module:attribute", a value of a module that can be imported here'


class SpecNotLoaded(NothingChanged):
    """The spec that a backfill names cannot be had from the application's code."""


def load(name: str, folders: Sequence[str] = ()) -> Spec:
    """Import a spec, looking in these folders first as ``prepend_sys_path`` has it.

    It runs code of the application, with whatever the module does when it is imported; so a deploy
    never does. Raises SpecNotLoaded, which tells of an error of that code its kind alone.
    """
    sys.path[:0] = [folder for folder in folders if folder not in sys.path]
    module, colon, attribute = name.partition(":")
    if not (colon and module and attribute):
        raise _not_loaded(name, "it is no name of a value in a module")
    try:
        found = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise _not_loaded(name, f"there is no module {error.name}") from None
    except AttributeError as error:
        missing = error.name == attribute and f"{module} has no {attribute}"
        raise _not_loaded(name, missing or "importing it raises AttributeError") from None
    except Exception as error:  # whatever the module does
        raise _not_loaded(name, f"importing it raises {type(error).__name__}") from None
    lacking = [method for method in _METHODS if not callable(getattr(found, method, None))]
    if isinstance(found, type) or lacking:
        raise _not_loaded(name, "it is no spec; make it a Keyset, or a value of a subclass of Spec")
    spec: Spec = found
    return spec


def _not_loaded(name: str, why: str) -> SpecNotLoaded:
    return SpecNotLoaded(f"the spec {name} cannot be loaded", why=why, do=_WRITTEN)
