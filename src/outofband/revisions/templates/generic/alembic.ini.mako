[alembic]
script_location = ${script_location}
prepend_sys_path = .
path_separator = os
# $DATABASE_URL overrules this.
sqlalchemy.url = postgresql://localhost/app

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
