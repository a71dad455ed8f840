"""Which uploads a busy instance has seen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from codeintel.demo.dumps import PACKAGES, Dump, Library, choose
from codeintel.demo.load import MULTIPLIED_EVERY, uploads
from codeintel.index_python.package import PackageNotInstalled
from codeintel.store.rows import MetadataRow, MonikerRow, Rows


def dump(definitions: int) -> Dump:
    rows = tuple(MonikerRow("python", str(n), b"", 0) for n in range(definitions))
    return Dump("package", Rows(MetadataRow(1), (), (), rows, ()), 0.0)


def total(library: Library, ids: Sequence[int]) -> int:
    return sum(library.monikers(dump_id) for dump_id in ids)


@pytest.mark.parametrize("wanted", [1, 29, 30, 31, 1000])
def test_uploads_reach_what_is_wanted_and_stop(wanted: int) -> None:
    library = Library((dump(10), dump(20)))
    ids = [one.dump_id for one in uploads(library, wanted)]
    assert ids == list(range(1, len(ids) + 1))
    assert total(library, ids) >= wanted > total(library, ids[:-1])


def test_one_dump_in_ten_is_multiplied() -> None:
    chosen = uploads(Library((dump(1),)), 100)
    multiplied = [one.dump_id for one in chosen if one.multiplied]
    assert multiplied == list(range(MULTIPLIED_EVERY, 101, MULTIPLIED_EVERY))


def test_an_id_always_means_the_same_dump() -> None:
    library = Library((dump(10), dump(20)))
    assert library.rows(7) is library.rows(9)
    assert library.rows(7) is not library.rows(8)


def test_at_full_scale_every_installed_package_is_indexed_and_fewer_below() -> None:
    assert choose(1.0) == choose(10.0)
    assert set(choose(0.01)) < set(choose(0.2)) < set(choose(1.0)) <= set(PACKAGES)
    assert choose(0.01)


def test_a_package_that_is_named_has_to_be_installed() -> None:
    assert choose(1.0, ["click"]) == ("click",)
    with pytest.raises(PackageNotInstalled):
        choose(1.0, ["no_such_package"])
