[alembic]
script_location = ${script_location}
prepend_sys_path = .
path_separator = os
databases = main, other

# $MAIN_DATABASE_URL and $OTHER_DATABASE_URL overrule these.
[main]
sqlalchemy.url = postgresql://localhost/main

[other]
sqlalchemy.url = postgresql://localhost/other

[loggers]
keys = root, alembic

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = console

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain

[formatter_plain]
format = %(levelname)-5.5s [%(name)s] %(message)s
