from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command, context
from sqlalchemy import MetaData

from outofband.revisions import environment
from outofband.revisions.environment import AlembicConfigWrong, EnvPyFailed

SECRET = "hunter2"


def test_what_env_py_configures_is_known_without_a_connection(project) -> None:
    project.env_py(
        options="""{
            "version_table": "versions", "version_table_schema": "ops",
            "transaction_per_migration": True, "target_metadata": MetaData(schema="app"),
        }"""
    )
    seen = project.environment
    assert (seen.version_table, seen.version_table_schema) == ("versions", "ops")
    assert seen.transaction_per_migration
    assert isinstance(seen.target_metadata, MetaData)
    assert seen.dialect_name == "postgresql"


def test_what_env_py_leaves_out_has_alembics_defaults(project) -> None:
    seen = project.environment
    assert (seen.version_table, seen.version_table_schema) == ("alembic_version", None)
    assert not seen.transaction_per_migration
    assert seen.target_metadata is None


def test_nothing_of_env_py_runs_after_configure(project) -> None:
    project.env_py(
        "from alembic import context\n"
        "try:\n"
        "    context.configure(dialect_name='postgresql')\n"
        "except Exception:\n"
        "    pass\n"
        "raise RuntimeError('reached')\n"
    )
    assert project.environment.dialect_name == "postgresql"


def test_alembics_own_proxy_is_free_again_afterwards(project) -> None:
    assert project.environment
    assert not hasattr(context, "config")


def test_the_options_mean_what_they_mean_to_alembic(project, monkeypatch) -> None:
    ini = project.folder / "other.ini"
    ini.write_text("[second]\nscript_location = %(here)s/migrations\npath_separator = os\n")
    project.env_py(
        "from alembic import context\n"
        "context.configure(dialect_name='postgresql',"
        " version_table=context.get_x_argument(as_dictionary=True)['table'])\n"
    )
    seen = environment.load([str(ini)], name="second", x=["table=t1"])
    assert seen.version_table == "t1"
    monkeypatch.setenv("ALEMBIC_CONFIG", str(ini))
    assert environment.load(name="second", x=["table=t2"]).version_table == "t2"


def test_a_pyproject_can_be_the_configuration(project, monkeypatch) -> None:
    monkeypatch.chdir(project.folder)
    toml = project.folder / "pyproject.toml"
    toml.write_text('[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    (project.folder / "alembic.ini").unlink()
    assert environment.load([str(toml)]).script.dir.endswith("migrations")


def test_prepend_sys_path_is_honoured(project, monkeypatch) -> None:
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    (project.folder / "models").mkdir()
    (project.folder / "models/models_of_environment.py").write_text("dialect = 'postgresql'\n")
    with open(project.folder / "alembic.ini", "a") as file:
        file.write("prepend_sys_path = %(here)s/models\n")
    project.env_py(
        "from alembic import context\nfrom models_of_environment import dialect\n"
        "context.configure(dialect_name=dialect)\n"
    )
    assert project.environment.dialect_name == "postgresql"


def test_a_running_command_has_its_own_environment(project) -> None:
    project.env_py(
        "from alembic import context\n"
        "from outofband.revisions.environment import Environment\n"
        "context.configure(dialect_name='postgresql', version_table='mine',"
        " transaction_per_migration=True)\n"
        "seen = Environment.of_running(context.get_context())\n"
        "assert (seen.version_table, seen.transaction_per_migration) == ('mine', True)\n"
        "assert seen.script is context.script\n"
        "context.config.attributes['asked'] = True\n"
    )
    config = project.config
    command.upgrade(config, "head", sql=True)
    assert config.attributes["asked"]


@pytest.mark.parametrize(
    ("ini", "said"),
    [
        (None, "there is no"),
        ("[alembic]\n", "No 'script_location' key"),
        ("[other]\n", "No 'script_location' key"),
        ("[alembic]\nscript_location = nowhere\n", "Path doesn't exist: nowhere"),
        ("[alembic]\nscript_location = no_such_package:migrations\n", "ModuleNotFoundError"),
        (f"[alembic\nurl = {SECRET}\n", "MissingSectionHeaderError"),
    ],
)
def test_a_wrong_configuration_is_a_misuse_in_one_line(tmp_path: Path, ini, said: str) -> None:
    path = tmp_path / "alembic.ini"
    if ini is not None:
        path.write_text(ini)
    with pytest.raises(AlembicConfigWrong) as raised:
        environment.load([str(path)])
    assert raised.value.exit_status == 2
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "pyproject.toml",
            b"[tool.outofband]\nlarge = [",
            r"cannot read .*pyproject\.toml: Invalid",
        ),
        ("alembic.ini", b"[alembic]\n# gr\xf6\xdfe\n", r"alembic\.ini, .* it is not UTF-8"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch, file: str, text: bytes, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (tmp_path / file).write_bytes(text)
    with pytest.raises(AlembicConfigWrong, match=said):
        environment.load()


def test_a_folder_named_from_that_of_the_configuration_is_pointed_out(
    tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "backend/app/alembic").mkdir(parents=True)
    (tmp_path / "backend/alembic.ini").write_text("[alembic]\nscript_location = app/alembic\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AlembicConfigWrong) as raised:
        environment.load(["backend/alembic.ini"])
    assert raised.value.do == (
        "Run in backend, or write script_location = %(here)s/app/alembic there"
    )


def test_a_configuration_in_a_folder_below_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AlembicConfigWrong, match="with -c, or run `outofband init`"):
        environment.load()
    (tmp_path / "shop/migrations").mkdir(parents=True)
    (tmp_path / "shop/migrations/alembic.ini").touch()
    with pytest.raises(AlembicConfigWrong, match=r"such as -c shop/migrations/alembic\.ini"):
        environment.load()


def test_too_many_configurations_are_a_misuse() -> None:
    with pytest.raises(AlembicConfigWrong, match=r"a\.ini, b\.ini"):
        environment.load(["a.ini", "b.ini"])


START = "from alembic import context\n"


@pytest.mark.parametrize(
    ("env_py", "said"),
    [
        ("context.get_context()\n", "env.py:2 failed: Exception"),
        (f"raise RuntimeError('{SECRET}')\n", "env.py:2 failed: RuntimeError"),
        ("import os\nos.environ['NO_SUCH_VARIABLE']\n", "$NO_SUCH_VARIABLE is not set"),
        ("import no_such_module\n", "No module named 'no_such_module'"),
        ("raise SystemExit\n", "env.py:2 failed: SystemExit"),
        (f"raise SystemExit('{SECRET}')\n", "env.py:2 failed: SystemExit"),
        ("pass\n", "never calls context.configure()"),
        (f"context.configure(url='postgresql//x:{SECRET}@h')\n", "database URL is wrong"),
        (f"context.configure(url='nosql://x:{SECRET}@h')\n", None),
        (
            f"from sqlalchemy import create_engine\ncreate_engine('nosql://x:{SECRET}@h')\n",
            "knows no such dialect",
        ),
        (
            f"from sqlalchemy import create_engine\ncreate_engine('x:{SECRET}@h')\n",
            "SQLAlchemy cannot parse it",
        ),
        ("context.config.get_main_option('sqlalchemy.url')\n", "Double every %"),
    ],
)
def test_an_env_py_that_fails_is_told_in_one_line_without_secrets(project, env_py, said) -> None:
    with open(project.folder / "alembic.ini", "a") as file:
        file.write(f"sqlalchemy.url = postgresql://u:%{SECRET}@host/db\n")
    project.env_py(START + env_py)
    if said is None:
        assert project.environment.dialect_name == "nosql"
        return
    with pytest.raises(EnvPyFailed) as raised:
        assert project.environment
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
