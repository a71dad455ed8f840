"""What a project's own tests get of outofband, by pytest.

::

    from outofband.testing import test_every_revision_up_down_up, test_head_matches_models
"""

from outofband.testing.checks import test_every_revision_up_down_up, test_head_matches_models

__all__ = ["test_every_revision_up_down_up", "test_head_matches_models"]
