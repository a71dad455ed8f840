"""Is the database at head what the models say? Asked in a child that has the project's code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from outofband import child
from outofband.catalog.classify import classify
from outofband.catalog.observe import observe
from outofband.catalog.unlike import told_state
from outofband.child import Post, TimeUpError
from outofband.errors import OutofbandError
from outofband.model.state import State
from outofband.rehearse.run import Call, Site

if TYPE_CHECKING:
    from outofband.model.step import CreateIndex

_BAD = (State.DIFFERENT, State.INVALID, State.INVALID_ENFORCING, State.NOT_PROVABLY_EQUAL)


def unlike(call: Call, site: Site) -> str:
    """Return in words how a database differs from the models; empty where it does not."""
    said = child.answers(partial(_serve, call, site))
    return "\n".join(answer["differs"] for answer in said)


def _serve(call: Call, site: Site, post: Post) -> None:
    for (what, _), reason in post.lost.items():
        post.say({"differs": f"{what} {reason}"})
        return
    try:
        with post.doing("alembic check", "", call.limit):
            found = [*_differences(call, site)]
    except OutofbandError as error:
        found = [error.what_and_why]
    except TimeUpError:
        found = [f"alembic check was still running after {call.limit:g} s"]
    for differs in found:
        post.say({"differs": differs})


def _differences(call: Call, site: Site) -> Iterator[str]:
    from outofband.revisions import models, online, redirect
    from outofband.revisions.environment import configured

    config = configured(call.configs, call.name, call.x)
    with redirect.redirected(site), online.configuring(apart=call.apart) as noted:
        if code := models.missing(config):
            yield f"the models want what no revision makes; as autogenerate writes it:\n{code}"
    yield from _indexes([*models.indexes(noted.target_metadata)], site)


def _indexes(steps: list[CreateIndex], site: Site) -> Iterator[str]:
    """Yield the indexes that are there under their name, and are others than in the models."""
    from outofband.postgres.session import Session
    from outofband.postgres.source import Url

    with closing(Session(Url(site.url))) as session:
        seen = observe(session, steps)
    for step in steps:
        sight = classify(step, seen)
        if sight.state in _BAD:
            yield f"index {step.index.qualified_name} {told_state(step, sight)}"
