"""The acts in their order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codeintel.demo import dumps
from codeintel.demo.acts import pull_request, release, schema, service, upload
from codeintel.demo.attendant import traffic
from codeintel.demo.dumps import Library
from codeintel.demo.scene import Scene
from codeintel.demo.screen import Screen
from codeintel.demo.stage import APP, stage
from codeintel.demo.summary import Observed, summarize
from codeintel.demo.verdict import Tally, Verdict


def play(
    screen: Screen,
    *,
    scale: float,
    seconds: float,
    packages: Sequence[str],
    pg_bin: Path | None = None,
) -> Verdict:
    """Play the incident and its cure, and judge what became of requests and rows.

    ``scale`` multiplies the rows; ``seconds`` is how long steady traffic is measured, before and
    after. Raises ActFailed, and what ephemeral.server raises.
    """
    with stage(pg_bin) as prepared:
        version = prepared.server.version
        screen.title(
            f"An incident and its cure, on PostgreSQL {version // 10_000}.{version % 10_000} "
            f"at scale {scale:g}"
        )
        scene = Scene(prepared, screen, seconds)
        schema.make_tables(scene)
        library, loaded = upload.upload(scene, packages, scale)
        return summarize(scene, loaded, _under_traffic(scene, library, loaded))


def _under_traffic(scene: Scene, library: Library, loaded: Tally) -> Observed:
    folder = scene.stage.folder
    saved = folder / "library.pickle"
    dumps.save(library, saved)
    last = max(dump_id for dump_id, _ in loaded)
    with traffic(saved, last, scene.stage.url(APP), folder / "requests.jsonl") as running:
        before = service.incident(scene, running, library, last)
        pull_request.lint(scene)
        during = [*release.build(scene, running), *release.deduplicate(scene, running)]
        upgrade, meanwhile = release.upgrade(scene, running)
        after = service.cured(scene, running, library, last)
        running.end()
        every = running.log.requests()
    return Observed(before, [*during, *meanwhile], after, every, upgrade)
