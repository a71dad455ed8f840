"""The Flask application of a project whose env.py asks for ``current_app``, as Flask-Migrate's.

``flask db upgrade`` runs env.py within the application's context; here nobody else makes one.
"""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path


def asked_for(env_py: str) -> bool:
    """Tell whether an env.py asks for the application that it runs in."""
    try:
        return b"current_app" in Path(env_py).read_bytes()
    except OSError:
        return False


def enter(env_py: str) -> None:
    """Enter the context of the application that ``flask db`` would find, if env.py asks for one.

    It is found by FLASK_APP, or as app.py or wsgi.py, .flaskenv included. It stays entered: the
    revisions may ask for it as well. Where there is none env.py will say so itself.
    """
    if not asked_for(env_py):
        return
    with suppress(Exception, SystemExit):
        flask, cli = import_module("flask"), import_module("flask.cli")
        if not flask.has_app_context():
            cli.load_dotenv()
            found = cli.ScriptInfo(os.environ.get("FLASK_APP")).load_app()
            found.app_context().push()
